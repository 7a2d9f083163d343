import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Caffeine by the protocol of ../README.md, as its documentation begins: a maximum size, with room
 * for all. Each key is a new string, made outside of what counts: with one that was looked up before
 * Java would know the hash code, and with the one in the cache it would compare nothing.
 *
 * <p>usage: Contender WORKLOAD SCRATCH caffeine
 */
public final class Contender {
  private static final int KEY_BYTES = 40;
  private static final int VALUE_BYTES = 1024;
  private static final int CHUNK = 1000;
  private static final long BUDGET_NS = 1_000_000_000;

  private static int sink;

  private static int[] order(Path path) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    int[] order = new int[bytes.remaining() / 4];
    bytes.asIntBuffer().get(order);
    return order;
  }

  private static String key(byte[] all, int number) {
    return new String(all, number * KEY_BYTES, KEY_BYTES, StandardCharsets.US_ASCII);
  }

  private static double loop(byte[] keys, int[] order, Consumer<String> step) {
    List<Double> means = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i + CHUNK <= order.length; i += CHUNK) {
      long began = System.nanoTime();
      if (began - start > BUDGET_NS) {
        break;
      }
      for (int k = i; k < i + CHUNK; k++) {
        step.accept(key(keys, order[k]));
      }
      means.add((System.nanoTime() - began) / (double) CHUNK);
    }
    Collections.sort(means);
    return means.get(means.size() / 2);
  }

  public static void main(String[] arguments) throws IOException {
    Path workload = Path.of(arguments[0]);
    byte[] keys = Files.readAllBytes(workload.resolve("keys.bin"));
    byte[] pool = Files.readAllBytes(workload.resolve("pool.bin"));
    Cache<String, byte[]> cache = Caffeine.newBuilder().maximumSize(400_000).build();
    for (int i = 0; i < keys.length / KEY_BYTES; i++) {
      byte[] value = new byte[VALUE_BYTES];
      System.arraycopy(pool, (int) (i * 61L % (pool.length - VALUE_BYTES)), value, 0, VALUE_BYTES);
      cache.put(key(keys, i), value);
    }
    cache.cleanUp();
    int[][] orders = {order(workload.resolve("zipf.u32")), order(workload.resolve("uniform.u32"))};
    String[] names = {"zipf", "uniform"};
    Consumer<String> get = key -> sink += cache.getIfPresent(key)[0];
    Consumer<String> nothing = key -> sink += key.charAt(KEY_BYTES - 1);
    for (int warm = 0; warm < 20; warm++) {  // until the compiler has seen it
      loop(keys, orders[0], get);
      loop(keys, orders[0], nothing);
    }
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String row = in.readLine(); row != null; row = in.readLine()) {
      if (!row.equals("memory hit, caches")) {
        throw new IllegalArgumentException("no such row: " + row);
      }
      for (int i = 0; i < orders.length; i++) {
        double ns = loop(keys, orders[i], get) - loop(keys, orders[i], nothing);
        System.out.printf(
            Locale.ROOT,
            "{\"row\":\"%s\",\"who\":\"%s\",\"metric\":\"%s\",\"unit\":\"ns\",\"value\":%.2f}%n",
            row, arguments[2], names[i], ns);
      }
      System.out.println();
      System.out.flush();
    }
  }
}
