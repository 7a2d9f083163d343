/* The same as open_tapps.c with SQLite alone: path, key and hash as arguments. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  sqlite3* db = NULL;
  sqlite3_stmt* get = NULL;
  if (argc < 4 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) _exit(1);
  if (sqlite3_prepare_v2(db, "SELECT key, value FROM entries WHERE hash = ?1", -1, &get, NULL) !=
      SQLITE_OK)
    _exit(1);
  sqlite3_bind_int64(get, 1, strtoll(argv[3], NULL, 10));
  if (sqlite3_step(get) != SQLITE_ROW || (size_t)sqlite3_column_bytes(get, 0) != strlen(argv[2]) ||
      memcmp(sqlite3_column_blob(get, 0), argv[2], strlen(argv[2])) != 0 ||
      sqlite3_column_bytes(get, 1) != 1024 || !sqlite3_column_blob(get, 1))
    _exit(2);
  _exit(0);
}
