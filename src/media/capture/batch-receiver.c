/* Reads the datagrams of all media sockets in batches, for batch-receiver.io.ts, which says what it is for. It tells which stream
   a datagram is expected from, by socket and source. What simply follows the packet before goes into the journal's block
   (ordered-runs.h); about all else it decides nothing. It never blocks, and allocates only when sockets or sources are added.

   What it does not let pass goes into a buffer of the caller's, and into the caller's table, four signed 32-bit words for each:

     0                 1                    2                    3
     +-----------------+--------------------+--------------------+--------------------------+
     | row of the run, | where the datagram | its bytes; below 0 | how long it had waited   |
     | or -1 - socket: | begins in the      | the error of the   | in the kernel, µs        |
     | not expected    | buffer             | socket, as -errno  |                          |
     +-----------------+--------------------+--------------------+--------------------------+

   Node-API 8 and Linux; built by ops/build-native.sh. */

#define _GNU_SOURCE
#include <net/if.h>
#include <node_api.h>

#include "expected-sources.h"
#include "media-sockets.h"
#include "ordered-runs.h"

enum { table_words = 4, summary_words = 5 };

struct receiver {
  struct sockets sockets;
  struct expected_sources expected;
  uint32_t call;
  struct source *sources; /* of the table's datagrams, until the next call */
  uint32_t sources_max;
};

static napi_value failed(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

static struct receiver *arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  void *receiver = NULL;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok || given != count ||
      napi_get_value_external(env, values[0], &receiver) != napi_ok) {
    failed(env, "batch-receiver: wrong arguments");
    return NULL;
  }
  return receiver;
}

static int32_t int_of(napi_env env, napi_value value) {
  int32_t number = -1;
  napi_get_value_int32(env, value, &number);
  return number;
}

/* What a call of `receive` works on: memory of the caller's, valid as long as the call lasts. */
struct look {
  uint8_t *body; /* of the journal's block; NULL: nothing passes */
  size_t body_bytes, at;
  uint8_t *heard; /* what did not pass */
  size_t heard_bytes, heard_at;
  struct run *runs;
  size_t run_count;
  int32_t *row; /* of the table, the next one */
  uint32_t rows, rows_max, passed;
  const int32_t *only; /* sockets to be read; NULL: all, or those of which something is expected */
  size_t only_count, only_at;
  int32_t longest_us;
};

/* Hands out one datagram. There is room for it in the body, where there is one, and in what is heard. */
static void hand_out(struct receiver *receiver, struct look *look) {
  struct datagram datagram = take_datagram(&receiver->sockets);
  uint32_t number = receiver->sockets.read_from;
  struct socket *group = &receiver->sockets.all[receiver->sockets.all[number].group];
  struct source source;
  read_source(datagram.name, &source);
  int32_t expected = find_again(&receiver->expected, number, &source, &receiver->sockets.all[number].found);
  if (datagram.waited_us > look->longest_us) look->longest_us = datagram.waited_us;
  struct run *run = expected >= 0 && (size_t)expected < look->run_count ? &look->runs[expected] : NULL;
  /* Nothing overtakes what its listener has still to hear. */
  if (run && look->body && group->held != receiver->call && follows(run, datagram.bytes, datagram.length)) {
    uint8_t *record = look->body + look->at;
    pass(run, record, datagram.length, datagram.waited_us);
    memcpy(record + record_header_bytes, datagram.bytes, datagram.length);
    look->at += record_header_bytes + datagram.length;
    look->passed += 1;
    return;
  }
  group->held = receiver->call;
  receiver->sources[look->rows] = source;
  look->row[0] = expected >= 0 ? expected : -1 - (int32_t)number;
  look->row[1] = (int32_t)look->heard_at;
  look->row[2] = (int32_t)datagram.length;
  look->row[3] = datagram.waited_us;
  memcpy(look->heard + look->heard_at, datagram.bytes, datagram.length);
  look->heard_at += datagram.length;
  look->row += table_words;
  look->rows += 1;
}

static void hand_out_error(struct receiver *receiver, struct look *look, int error) {
  look->row[0] = -1 - (int32_t)receiver->sockets.read_from;
  look->row[1] = look->row[3] = 0;
  look->row[2] = error;
  look->row += table_words;
  look->rows += 1;
}

/* Whether the largest datagram has room. */
static int has_room(const struct look *look) {
  if (look->rows == look->rows_max || look->heard_bytes - look->heard_at < datagram_bytes_max) return 0;
  return !look->body || look->body_bytes - look->at >= record_header_bytes + datagram_bytes_max;
}

/* 1 when there may be more than had room. */
static int read_all(struct receiver *receiver, struct look *look) {
  while (has_room(look)) {
    int more = look->only ? read_more_of(&receiver->sockets, look->only, look->only_count, &look->only_at) : read_more(&receiver->sockets);
    if (more == 0) return 0;
    if (more > 0) hand_out(receiver, look);
    else hand_out_error(receiver, look, more);
  }
  return 1;
}

/* The memory of a typed array and its length in elements; NULL for anything else. */
static void *array_of(napi_env env, napi_value value, napi_typedarray_type type, size_t *length) {
  static uint64_t nothing;
  napi_typedarray_type found;
  void *memory = NULL;
  if (napi_get_typedarray_info(env, value, &found, length, &memory, NULL, NULL) != napi_ok || found != type) return NULL;
  return *length == 0 ? &nothing : memory;
}

/* receive(receiver, sockets, body, at, openForUs, runs, heard, table, summary): reads what has arrived at the sockets;
   undefined: at all; null: at those of which something is expected by now. Packets that follow become records in the body, from `at` on; undefined: none does. Their times count from
   when the block was opened, `openForUs` ago; below 0: from the arrival that is longest ago. Fills the summary: packets that passed, where they end, the longest wait in µs, rows of
   the table, whether there may be more. */
static napi_value receive(napi_env env, napi_callback_info info) {
  napi_value values[9];
  struct receiver *receiver = arguments(env, info, 9, values);
  if (!receiver) return NULL;
  struct look look = {0};
  size_t at = (size_t)int_of(env, values[3]), run_words = 0, table_length = 0, summary_length = 0;
  int64_t open_for_us = -1;
  napi_get_value_int64(env, values[4], &open_for_us);
  look.only = array_of(env, values[1], napi_int32_array, &look.only_count);
  look.body = array_of(env, values[2], napi_uint8_array, &look.body_bytes);
  look.runs = array_of(env, values[5], napi_uint32_array, &run_words);
  look.heard = array_of(env, values[6], napi_uint8_array, &look.heard_bytes);
  look.row = array_of(env, values[7], napi_int32_array, &table_length);
  int32_t *summary = array_of(env, values[8], napi_int32_array, &summary_length);
  if (!look.runs || !look.heard || !look.row || !summary || summary_length < summary_words || (look.body && at > look.body_bytes)) {
    return failed(env, "batch-receiver: room for runs, for what is heard, for a table and a summary is wanted");
  }
  look.run_count = run_words * sizeof(uint32_t) / sizeof(struct run);
  look.rows_max = table_length / table_words < receiver->sources_max ? (uint32_t)(table_length / table_words) : receiver->sources_max;
  look.at = at;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  napi_valuetype wanted = napi_undefined;
  napi_typeof(env, values[1], &wanted);
  receiver->sockets.now_us = us_of(&now);
  receiver->sockets.tries_all = wanted != napi_null;
  receiver->call += 1;
  int more = read_all(receiver, &look);
  if (look.body) date_records(look.body, at, look.at, open_for_us < 0 ? look.longest_us : open_for_us);
  summary[0] = (int32_t)look.passed;
  summary[1] = (int32_t)look.at;
  summary[2] = look.longest_us;
  summary[3] = (int32_t)look.rows;
  summary[4] = more;
  return NULL;
}

/* sourceOf(receiver, index): address and port of a datagram in the table of the last call, as Node writes them. */
static napi_value source_of(napi_env env, napi_callback_info info) {
  napi_value values[2], result, address, port;
  struct receiver *receiver = arguments(env, info, 2, values);
  if (!receiver) return NULL;
  uint32_t index = (uint32_t)int_of(env, values[1]);
  if (index >= receiver->sources_max) return failed(env, "batch-receiver: no such datagram");
  const struct source *source = &receiver->sources[index];
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE] = "";
  if (source->family != 0) inet_ntop(source->family, source->address, text, INET6_ADDRSTRLEN);
  if (source->scope != 0) {
    size_t length = strlen(text);
    text[length] = '%';
    if (!if_indextoname(source->scope, text + length + 1)) text[length] = 0;
  }
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &address);
  napi_create_uint32(env, ntohs(source->port), &port);
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, address);
  napi_set_element(env, result, 1, port);
  return result;
}

/* Sockets. */

/* add(receiver, descriptor, group): the socket's number. The descriptor stays the caller's, who removes it before closing it.
   `group`: a socket whose datagrams go to the same listener; below 0: none. */
static napi_value add(napi_env env, napi_callback_info info) {
  napi_value values[3], result;
  struct receiver *receiver = arguments(env, info, 3, values);
  if (!receiver) return NULL;
  int64_t socket = add_socket(&receiver->sockets, int_of(env, values[1]), int_of(env, values[2]));
  if (socket < 0) return failed(env, strerror((int)-socket));
  return napi_create_uint32(env, (uint32_t)socket, &result) == napi_ok ? result : NULL;
}

/* remove(receiver, socket): also forgets what was read of it and not handed out. */
static napi_value remove_one(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct receiver *receiver = arguments(env, info, 2, values);
  if (!receiver) return NULL;
  if (remove_socket(&receiver->sockets, (uint32_t)int_of(env, values[1])) < 0) return failed(env, "batch-receiver: no such socket");
  return NULL;
}

/* expect(receiver, socket, address, port, row): what comes from there belongs to the run at that row; -1: to none any more. */
static napi_value expect(napi_env env, napi_callback_info info) {
  napi_value values[5];
  struct receiver *receiver = arguments(env, info, 5, values);
  if (!receiver) return NULL;
  char address[INET6_ADDRSTRLEN + 1] = "";
  napi_get_value_string_utf8(env, values[2], address, sizeof address, NULL);
  uint32_t socket = (uint32_t)int_of(env, values[1]);
  int32_t stream = int_of(env, values[4]);
  struct source source;
  if (parse_source(address, int_of(env, values[3]), &source) < 0) return NULL;
  if (stream < 0) forget(&receiver->expected, socket, &source);
  else if (expect_from(&receiver->expected, socket, &source, stream) < 0) return failed(env, "batch-receiver: no memory");
  return NULL;
}

/* Life. */

static void destroy(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct receiver *receiver = data;
  if (!receiver) return;
  close_sockets(&receiver->sockets);
  free(receiver->expected.table);
  free(receiver->sources);
  free(receiver);
}

/* create(datagramsMax): a receiver that gives at most so many datagrams to be heard a call. */
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value value, result;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &value, NULL, NULL);
  struct receiver *receiver = calloc(1, sizeof *receiver);
  if (!receiver) return failed(env, "batch-receiver: no memory");
  receiver->sources_max = (uint32_t)int_of(env, value);
  receiver->expected.changes = 1;
  receiver->sources = calloc(receiver->sources_max, sizeof *receiver->sources);
  if (open_sockets(&receiver->sockets) < 0 || !receiver->sources || resize(&receiver->expected, 1024) < 0 ||
      napi_create_external(env, receiver, destroy, NULL, &result) != napi_ok) {
    destroy(env, receiver, NULL);
    return failed(env, "batch-receiver: no memory or no epoll");
  }
  return result;
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"create", create},         {"add", add},       {"remove", remove_one}, {"expect", expect},
                   {"receive", receive},       {"sourceOf", source_of}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i += 1) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
      return NULL;
    }
  }
  return exports;
}
