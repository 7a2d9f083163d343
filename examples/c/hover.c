/* hover: what an editor shows when the pointer rests on a name.
 *
 *     cc -o hover hover.c $(pkg-config --cflags --libs tapps)
 *     printf 'left-pad\nreact useState\n' | ./hover ~/src/project
 *
 * Reads lines "LIBRARY [TOPIC]" and prints the documentation of each, from the packages installed
 * in the project. Lookups run in the background: one loop waits in poll() for lines and for
 * answers, as the loop of an editor does. Ends when its input has ended and everything is answered.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapps.h>
#include <unistd.h>

enum { NAMES = 1024, LINE = 512 };

static char asked[NAMES][LINE]; /* by user_data */
static size_t names, waiting;

static int fail(tapps_error* err) {
  fprintf(stderr, "hover: %s\n", tapps_error_message(err));
  tapps_error_release(err);
  return 1;
}

static void ask(tapps_queue* queue, const char* project, const char* line) {
  if (names == NAMES || *line == '\0') return;
  char library[LINE];
  snprintf(library, sizeof library, "%s", line);
  snprintf(asked[names], LINE, "%s", line);
  char* topic = strchr(library, ' ');
  if (topic != NULL) *topic++ = '\0';
  tapps_docs_options options = {0};
  options.struct_size = sizeof options;
  options.topic = topic;
  options.project_root = project;
  options.max_tokens = 300; /* what fits into a float */
  tapps_error* err = NULL;
  if (tapps_queue_docs(queue, library, &options, names, NULL, &err) != TAPPS_OK) {
    fail(err);
    return;
  }
  ++names;
  ++waiting;
}

static void show(const tapps_record* record) {
  printf("==== %s\n", asked[record->user_data]);
  if (record->code == TAPPS_OK) {
    const char* version = tapps_value_text(record->value, TAPPS_TEXT_LIBRARY_VERSION, NULL);
    printf("version %s\n", version != NULL ? version : "not known");
    fwrite(record->data, 1, record->size, stdout);
    putchar('\n');
  } else {
    printf("%s\n", tapps_error_message(record->error));
  }
  tapps_value_release(record->value);
  tapps_error_release(record->error);
  --waiting;
}

/* Takes whole lines out of what has come; 0 at the end of the input. */
static int take_lines(tapps_queue* queue, const char* project) {
  static char buffer[LINE];
  static size_t held;
  const ssize_t got = read(STDIN_FILENO, buffer + held, sizeof buffer - 1 - held);
  if (got > 0) held += (size_t)got;
  buffer[held] = '\0';
  char* end;
  while ((end = strchr(buffer, '\n')) != NULL || (held > 0 && (got <= 0 || held == LINE - 1))) {
    if (end != NULL) *end = '\0';
    ask(queue, project, buffer);
    const size_t used = end != NULL ? (size_t)(end - buffer) + 1 : held;
    memmove(buffer, buffer + used, held - used + 1);
    held -= used;
  }
  return got > 0;
}

int main(int argc, char** argv) {
  const char* project = argc > 1 ? argv[1] : ".";
  tapps_cache* cache = NULL;
  tapps_queue* queue = NULL;
  tapps_error* err = NULL;
  if (tapps_cache_open(getenv("TAPPS_CACHE"), NULL, &cache, &err) != TAPPS_OK) return fail(err);
  if (tapps_queue_open(cache, &queue, &err) != TAPPS_OK) return fail(err);

  int more = 1;
  while (more || waiting > 0) {
    struct pollfd watched[2] = {{(int)tapps_queue_fd(queue), POLLIN, 0},
                                {more ? STDIN_FILENO : -1, POLLIN, 0}};
    if (poll(watched, 2, -1) < 0) break;
    if (watched[1].revents != 0) more = take_lines(queue, project);
    tapps_record records[16];
    const size_t count = tapps_queue_drain(queue, records, 16);
    for (size_t i = 0; i < count; ++i) show(&records[i]);
    fflush(stdout);
  }

  tapps_queue_release(queue);
  tapps_cache_close(cache, 0, NULL);
  tapps_cache_release(cache);
  return 0;
}
