/* Memory of one call. */
#include <stdlib.h>
#include <string.h>

#include "tapps_node.h"

struct block {
  struct block* next;
  max_align_t data[];
};

void* arena_new(struct arena* arena, size_t size) {
  struct block* block = calloc(1, sizeof(*block) + size);
  if (block == NULL) return NULL;
  block->next = arena->first;
  arena->first = block;
  return block->data;
}

char* arena_copy(struct arena* arena, const void* data, size_t size) {
  char* copy = arena_new(arena, size + 1);
  if (copy != NULL && size > 0) memcpy(copy, data, size);
  return copy;
}

void arena_free(struct arena* arena) {
  while (arena->first != NULL) {
    struct block* next = arena->first->next;
    free(arena->first);
    arena->first = next;
  }
}
