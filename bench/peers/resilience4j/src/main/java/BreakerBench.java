import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.Arrays;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;

/**
 * The circuit breaker of resilience4j: one thread, the closed path (permission and result; "two
 * steps" is told a duration and reads no clock) and the refusal of an open breaker. The README of
 * the folder above has the protocol; the workload is not needed.
 */
public final class BreakerBench {
  private static final int CHUNKS = 400;
  private static final int CALLS = 500;
  private static int refused;
  private static long result;

  /** The median of the means of short runs of calls: few contain the work of other programs. */
  private static void measure(String row, String metric, Runnable step) {
    double[] means = new double[CHUNKS];
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
      long begin = System.nanoTime();
      for (int i = 0; i < CALLS; ++i) step.run();
      means[chunk] = (System.nanoTime() - begin) / (double) CALLS;
    }
    Arrays.sort(means);
    System.out.printf(
        "{\"row\":\"%s\",\"who\":\"resilience4j\",\"metric\":\"%s\",\"value\":%.2f,"
            + "\"unit\":\"ns\"}%n",
        row, metric, means[CHUNKS / 2]);
  }

  public static void main(String[] args) {
    CircuitBreaker closed = CircuitBreaker.ofDefaults("closed");
    CircuitBreaker open = CircuitBreaker.ofDefaults("open");
    open.transitionToOpenState();
    Runnable whole = () -> result += closed.executeSupplier(() -> 1);
    Runnable twoSteps =
        () -> {
          if (closed.tryAcquirePermission()) closed.onSuccess(100, TimeUnit.NANOSECONDS);
        };
    Runnable refusal =
        () -> {
          if (!open.tryAcquirePermission()) ++refused;
        };
    for (Runnable step : new Runnable[] {whole, twoSteps, refusal}) {
      for (int i = 0; i < 2_000_000; ++i) step.run(); // until it is compiled
    }
    if (refused == 0) throw new IllegalStateException("nothing was refused");
    for (Scanner lines = new Scanner(System.in); lines.hasNextLine(); ) {
      String row = lines.nextLine();
      if (row.equals("breaker, permit and report")) {
        measure(row, "mean", whole);
        measure(row, "mean, two steps", twoSteps);
      } else {
        measure(row, "mean", refusal);
      }
      System.out.println();
      System.out.flush();
    }
  }
}
