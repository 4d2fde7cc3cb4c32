// Reads and writes the datagrams of SIP many at a time, for the process edge. Behind Node-API and libuv's own poll, both of
// which one build serves on Node 20, 22 and 24. Knows nothing of SIP; must never block.
//
//   open(descriptor, readable) -> socket     calls readable() while datagrams wait; the descriptor stays the caller's
//   receive(socket, buffer, table) -> count  each into a slot of 64 KiB of buffer, as many as it has slots, 0: none waits
//   send(socket, messages, table) -> count   sent or refused for good: the row's result says; fewer: the kernel takes no more now
//   close(socket)
//
//   a row of the table, Int32Array:  | bytes, or -errno | IPv4 address, host order | port |

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define BATCH 64
#define SLOT 65536
#define ROW 3

struct udp {
  uv_poll_t poll;
  int descriptor;
  int open;
  napi_env env;
  napi_ref readable;
  napi_async_context context;
};

static napi_value failed(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

static struct udp *udp_of(napi_env env, napi_value value) {
  void *udp = NULL;
  if (napi_get_value_external(env, value, &udp) != napi_ok || !((struct udp *)udp)->open) return NULL;
  return udp;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)status;
  (void)events;
  struct udp *udp = poll->data;
  napi_handle_scope scope;
  napi_value function, receiver, error;
  if (napi_open_handle_scope(udp->env, &scope) != napi_ok) return;
  napi_get_reference_value(udp->env, udp->readable, &function);
  napi_get_global(udp->env, &receiver);
  if (napi_make_callback(udp->env, udp->context, receiver, function, 0, NULL, NULL) == napi_pending_exception) {
    napi_get_and_clear_last_exception(udp->env, &error);
    napi_fatal_exception(udp->env, error);
  }
  napi_close_handle_scope(udp->env, scope);
}

static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value values[2], result, name;
  size_t count = 2;
  int32_t descriptor;
  uv_loop_t *loop;
  struct udp *udp;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count != 2 ||
      napi_get_value_int32(env, values[0], &descriptor) != napi_ok || napi_get_uv_event_loop(env, &loop) != napi_ok)
    return failed(env, "open takes a descriptor and a function");
  udp = calloc(1, sizeof *udp);
  if (!udp) return failed(env, "no memory");
  // Of its own, as the loop watches a descriptor once.
  udp->descriptor = dup(descriptor);
  udp->env = env;
  udp->poll.data = udp;
  if (udp->descriptor < 0 || uv_poll_init(loop, &udp->poll, udp->descriptor) != 0) {
    if (udp->descriptor >= 0) close(udp->descriptor);
    free(udp);
    return failed(env, "the descriptor cannot be watched");
  }
  udp->open = 1;
  napi_create_string_utf8(env, "datagrams", NAPI_AUTO_LENGTH, &name);
  napi_create_reference(env, values[1], 1, &udp->readable);
  napi_async_init(env, NULL, name, &udp->context);
  uv_poll_start(&udp->poll, UV_READABLE, on_readable);
  // What it points to lives until it is closed, which its user must not forget: a socket is nothing to be collected.
  return napi_create_external(env, udp, NULL, NULL, &result) == napi_ok ? result : NULL;
}

static napi_value receive(napi_env env, napi_callback_info info) {
  static _Thread_local struct mmsghdr headers[BATCH];
  static _Thread_local struct iovec slots[BATCH];
  static _Thread_local struct sockaddr_in sources[BATCH];
  napi_value values[3], result;
  size_t count = 3, size, words;
  void *bytes, *table;
  struct udp *udp;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count != 3 || !(udp = udp_of(env, values[0])) ||
      napi_get_typedarray_info(env, values[1], NULL, &size, &bytes, NULL, NULL) != napi_ok ||
      napi_get_typedarray_info(env, values[2], NULL, &words, &table, NULL, NULL) != napi_ok)
    return failed(env, "receive takes a socket, a buffer and a table");
  unsigned room = size / SLOT < words / ROW ? size / SLOT : words / ROW;
  if (room > BATCH) room = BATCH;
  for (unsigned i = 0; i < room; i += 1) {
    slots[i] = (struct iovec){(char *)bytes + (size_t)i * SLOT, SLOT};
    headers[i].msg_hdr = (struct msghdr){&sources[i], sizeof sources[i], &slots[i], 1, NULL, 0, 0};
  }
  int got = recvmmsg(udp->descriptor, headers, room, MSG_DONTWAIT, NULL);
  int32_t *row = table;
  for (int i = 0; i < got; i += 1, row += ROW) {
    row[0] = (int32_t)headers[i].msg_len;
    row[1] = (int32_t)ntohl(sources[i].sin_addr.s_addr);
    row[2] = ntohs(sources[i].sin_port);
  }
  // A refusal of an earlier datagram's receiver (ICMP) may stand here as an error; the next look finds what waits.
  napi_create_int32(env, got < 0 ? (errno == EAGAIN || errno == EINTR ? 0 : -errno) : got, &result);
  return result;
}

static napi_value send_all(napi_env env, napi_callback_info info) {
  static _Thread_local struct mmsghdr headers[BATCH];
  static _Thread_local struct iovec parts[BATCH];
  static _Thread_local struct sockaddr_in targets[BATCH];
  napi_value values[3], result, element;
  size_t count = 3, words;
  uint32_t wanted;
  void *table;
  struct udp *udp;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count != 3 || !(udp = udp_of(env, values[0])) ||
      napi_get_array_length(env, values[1], &wanted) != napi_ok ||
      napi_get_typedarray_info(env, values[2], NULL, &words, &table, NULL, NULL) != napi_ok || wanted > BATCH ||
      wanted > words / ROW)
    return failed(env, "send takes a socket, messages and a table");
  int32_t *rows = table;
  for (uint32_t i = 0; i < wanted; i += 1) {
    if (napi_get_element(env, values[1], i, &element) != napi_ok ||
        napi_get_buffer_info(env, element, &parts[i].iov_base, &parts[i].iov_len) != napi_ok)
      return failed(env, "a message is no buffer");
    targets[i].sin_family = AF_INET;
    targets[i].sin_addr.s_addr = htonl((uint32_t)rows[i * ROW + 1]);
    targets[i].sin_port = htons((uint16_t)rows[i * ROW + 2]);
    headers[i].msg_hdr = (struct msghdr){&targets[i], sizeof targets[i], &parts[i], 1, NULL, 0, 0};
  }
  uint32_t done = 0;
  while (done < wanted) {
    int sent = sendmmsg(udp->descriptor, headers + done, wanted - done, MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) break;
    if (sent < 0) rows[done++ * ROW] = -errno;
    for (int i = 0; i < sent; i += 1, done += 1) rows[done * ROW] = (int32_t)headers[done].msg_len;
  }
  napi_create_uint32(env, done, &result);
  return result;
}

static void on_closed(uv_handle_t *handle) {
  struct udp *udp = handle->data;
  close(udp->descriptor);
  free(udp);
}

static napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value value;
  size_t count = 1;
  struct udp *udp;
  if (napi_get_cb_info(env, info, &count, &value, NULL, NULL) != napi_ok || count != 1 || !(udp = udp_of(env, value)))
    return failed(env, "close takes an open socket");
  udp->open = 0;
  uv_poll_stop(&udp->poll);
  napi_async_destroy(env, udp->context);
  napi_delete_reference(env, udp->readable);
  uv_close((uv_handle_t *)&udp->poll, on_closed);
  return NULL;
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"open", open_socket}, {"receive", receive}, {"send", send_all}, {"close", close_socket}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i += 1) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok)
      return NULL;
  }
  return exports;
}
