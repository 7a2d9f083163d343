import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The circuit breaker of resilience4j, measured as bench/breaker.cc measures ours: one thread, the
 * closed path (permission and result; "two steps" is told a duration and reads no clock) and the
 * refusal of an open breaker. Prints the median of the
 * means of short runs of calls, of which few contain the work of other programs, as JSON lines.
 */
public final class BreakerBench {
  private static final int ROUNDS = 4001;
  private static final int CALLS = 500;
  private static int refused;
  private static long result;

  private static void measure(String row, Runnable step) {
    for (int i = 0; i < 2_000_000; ++i) step.run(); // until it is compiled
    double[] means = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; ++round) {
      long begin = System.nanoTime();
      for (int i = 0; i < CALLS; ++i) step.run();
      means[round] = (System.nanoTime() - begin) / (double) CALLS;
    }
    Arrays.sort(means);
    System.out.printf(
        "{\"row\":\"%s\",\"who\":\"resilience4j\",\"metric\":\"mean\",\"value\":%.1f,\"unit\":\"ns\"}%n",
        row, means[ROUNDS / 2]);
  }

  public static void main(String[] args) {
    CircuitBreaker closed = CircuitBreaker.ofDefaults("closed");
    CircuitBreaker open = CircuitBreaker.ofDefaults("open");
    open.transitionToOpenState();
    measure("breaker, permit and report", () -> result += closed.executeSupplier(() -> 1));
    measure(
        "breaker, permit and report, two steps",
        () -> {
          if (closed.tryAcquirePermission()) closed.onSuccess(100, TimeUnit.NANOSECONDS);
        });
    measure(
        "breaker, refusal",
        () -> {
          if (!open.tryAcquirePermission()) ++refused;
        });
    if (refused == 0) throw new IllegalStateException("nothing was refused");
  }
}
