/* Reads the datagrams of all media sockets in batches, for batch-receiver.io.ts, which says what it is for. Decides nothing:
   it tells which stream a datagram is expected from, by socket and source, and leaves the rest to its caller. It never
   blocks, and allocates only when sockets or sources are added.

   What it reads goes into the caller's buffer, each datagram behind `gap` bytes that are left to the caller, and into the
   caller's table, four signed 32-bit words for each:

     0                 1                    2                    3
     +-----------------+--------------------+--------------------+--------------------------+
     | stream, or -1 - | where the datagram | its bytes; below 0 | how long it had waited   |
     | socket: nobody  | begins in the      | the error of the   | in the kernel, µs        |
     | expects it      | buffer             | socket, as -errno  |                          |
     +-----------------+--------------------+--------------------+--------------------------+

   Node-API 8 and Linux; built by ops/build-native.sh. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "expected-sources.h"

enum { batch = 32, events_max = 8192, datagram_bytes_max = 65536, table_words = 4, waited_us_max = 60000000, backlog_us = 20000 };
/* Not a power of two, so that the first bytes of neighbours do not fall into the same lines of the cache. */
enum { scratch_bytes = datagram_bytes_max + 192 };

/* What is larger is no packet of audio on any network: the kernel drops it before it takes the room of those that are. */
enum { audio_bytes_max = 9216, udp_header_bytes = 8 };

/* How much is read of a socket at a time. One system call that asks for many costs more than one that asks for one. */
enum depth { one_datagram, many_datagrams };

struct socket {
  int32_t descriptor; /* -1: free */
  enum depth depth;
};

struct receiver {
  int epoll;
  struct socket *sockets;
  uint32_t socket_count;
  struct expected_sources expected;
  struct epoll_event events[events_max];
  int event, event_count;
  /* Of this round some socket gave all that was asked for at a time, and may have more. */
  int leaves_some;
  /* What was read and did not fit into the caller's buffer yet. */
  uint32_t read_socket;
  int read, read_count;
  uint8_t *scratch;
  struct mmsghdr messages[batch];
  struct iovec vectors[batch];
  struct sockaddr_storage names[batch];
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct timespec))];
  } controls[batch];
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

/* Reading. */

static int64_t us_of(const struct timespec *time) { return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000; }

static int32_t waited_us(struct msghdr *header, int64_t now_us) {
  for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec stamp;
    memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
    int64_t waited = now_us - us_of(&stamp);
    /* The machine's clock may have been set meanwhile. */
    return waited < -waited_us_max || waited > waited_us_max ? 0 : (int32_t)waited;
  }
  return 0;
}

/* 1 when there is something read, 0 when nothing is left to look at, below 0 for the error of a socket. Epoll is
   level-triggered: what a look leaves in a socket is there in the next one. */
static int read_more(struct receiver *receiver) {
  for (;;) {
    if (receiver->event == receiver->event_count) {
      if (receiver->event_count > 0 && receiver->event_count < events_max && !receiver->leaves_some) {
        receiver->event = receiver->event_count = 0;
        return 0;
      }
      /* Another round of all of them: who waits in one socket does not keep the others waiting. */
      receiver->leaves_some = 0;
      receiver->event = 0;
      receiver->event_count = epoll_wait(receiver->epoll, receiver->events, events_max, 0);
      if (receiver->event_count <= 0) {
        receiver->event_count = 0;
        return 0;
      }
    }
    uint32_t number = receiver->events[receiver->event].data.u32;
    struct socket *socket = &receiver->sockets[number];
    receiver->event += 1;
    if (socket->descriptor < 0) continue;
    int count;
    if (socket->depth == many_datagrams) count = recvmmsg(socket->descriptor, receiver->messages, batch, MSG_DONTWAIT, NULL);
    else {
      ssize_t length = recvmsg(socket->descriptor, &receiver->messages[0].msg_hdr, MSG_DONTWAIT);
      receiver->messages[0].msg_len = (unsigned)length;
      count = length < 0 ? -1 : 1;
    }
    if (count > 0) {
      receiver->read_socket = number;
      receiver->read = 0;
      receiver->read_count = count;
      if (count == batch) receiver->leaves_some = 1;
      return 1;
    }
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      receiver->read_socket = number;
      return -errno;
    }
  }
}

static void reset(struct receiver *receiver, int message) {
  receiver->messages[message].msg_hdr.msg_namelen = sizeof(struct sockaddr_storage);
  receiver->messages[message].msg_hdr.msg_controllen = sizeof receiver->controls[message].bytes;
}

/* receive(receiver, buffer, at, gap, table): how many datagrams there are. Less than the table holds: all that has arrived,
   or all that fits. */
static napi_value receive(napi_env env, napi_callback_info info) {
  napi_value values[5], result;
  struct receiver *receiver = arguments(env, info, 5, values);
  if (!receiver) return NULL;
  void *bytes, *words;
  size_t size, length;
  if (napi_get_typedarray_info(env, values[1], NULL, &size, &bytes, NULL, NULL) != napi_ok ||
      napi_get_typedarray_info(env, values[4], NULL, &length, &words, NULL, NULL) != napi_ok) {
    return failed(env, "batch-receiver: a buffer and a table are wanted");
  }
  size_t at = (size_t)int_of(env, values[2]), gap = (size_t)int_of(env, values[3]);
  uint32_t count = 0, count_max = (uint32_t)(length / table_words);
  if (count_max > receiver->sources_max) count_max = receiver->sources_max;
  int32_t *row = words;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t now_us = us_of(&now);
  for (; count < count_max; count += 1, row += table_words) {
    if (receiver->read == receiver->read_count) {
      int more = read_more(receiver);
      if (more == 0) break;
      if (more < 0) {
        row[0] = -1 - (int32_t)receiver->read_socket;
        row[1] = row[3] = 0;
        row[2] = more;
        continue;
      }
    }
    struct mmsghdr *message = &receiver->messages[receiver->read];
    if (at + gap + message->msg_len > size) break;
    struct source *source = &receiver->sources[count];
    read_source(&receiver->names[receiver->read], source);
    const struct expected *one = find(&receiver->expected, receiver->read_socket, source);
    row[0] = one->stream >= 0 ? one->stream : -1 - (int32_t)receiver->read_socket;
    row[1] = (int32_t)(at + gap);
    row[2] = (int32_t)message->msg_len;
    row[3] = waited_us(&message->msg_hdr, now_us);
    struct socket *socket = &receiver->sockets[receiver->read_socket];
    if (receiver->read_count == 1) socket->depth = row[3] > backlog_us ? many_datagrams : one_datagram;
    else if (receiver->read == 0 && receiver->read_count > 1) socket->depth = many_datagrams;
    memcpy((uint8_t *)bytes + at + gap, receiver->vectors[receiver->read].iov_base, message->msg_len);
    at += gap + message->msg_len;
    reset(receiver, receiver->read);
    receiver->read += 1;
  }
  return napi_create_uint32(env, count, &result) == napi_ok ? result : NULL;
}

/* sourceOf(receiver, index): address and port of a datagram of the last call, as Node writes them. */
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

static void refuse_giants(int descriptor) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, udp_header_bytes + audio_bytes_max, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  /* Where filters are not allowed it costs room, not packets that are read. */
  setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* add(receiver, descriptor): the socket's number. The descriptor stays the caller's, who removes it before closing it. */
static napi_value add(napi_env env, napi_callback_info info) {
  napi_value values[2], result;
  struct receiver *receiver = arguments(env, info, 2, values);
  if (!receiver) return NULL;
  int descriptor = int_of(env, values[1]);
  uint32_t socket = 0;
  while (socket < receiver->socket_count && receiver->sockets[socket].descriptor >= 0) socket += 1;
  if (socket == receiver->socket_count) {
    struct socket *more = realloc(receiver->sockets, (socket + 256) * sizeof *more);
    if (!more) return failed(env, "batch-receiver: no memory");
    receiver->sockets = more;
    receiver->socket_count += 256;
    for (uint32_t i = socket; i < receiver->socket_count; i += 1) more[i].descriptor = -1;
  }
  int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  refuse_giants(descriptor);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = socket};
  if (epoll_ctl(receiver->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0) return failed(env, strerror(errno));
  receiver->sockets[socket] = (struct socket){descriptor, many_datagrams};
  return napi_create_uint32(env, socket, &result) == napi_ok ? result : NULL;
}

/* remove(receiver, socket): also forgets what was read of it and not handed out. */
static napi_value remove_socket(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct receiver *receiver = arguments(env, info, 2, values);
  if (!receiver) return NULL;
  uint32_t socket = (uint32_t)int_of(env, values[1]);
  if (socket >= receiver->socket_count || receiver->sockets[socket].descriptor < 0) return failed(env, "batch-receiver: no such socket");
  epoll_ctl(receiver->epoll, EPOLL_CTL_DEL, receiver->sockets[socket].descriptor, NULL);
  receiver->sockets[socket].descriptor = -1;
  if (receiver->read_socket == socket) {
    for (; receiver->read < receiver->read_count; receiver->read += 1) reset(receiver, receiver->read);
  }
  return NULL;
}

/* expect(receiver, socket, address, port, stream): what comes from there is that stream's; -1: nobody's any more. */
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
  if (receiver->epoll >= 0) close(receiver->epoll);
  free(receiver->sockets);
  free(receiver->expected.table);
  free(receiver->scratch);
  free(receiver->sources);
  free(receiver);
}

/* create(datagramsMax): a receiver that gives at most so many datagrams a call. */
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value value, result;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &value, NULL, NULL);
  struct receiver *receiver = calloc(1, sizeof *receiver);
  if (!receiver) return failed(env, "batch-receiver: no memory");
  receiver->sources_max = (uint32_t)int_of(env, value);
  receiver->sources = calloc(receiver->sources_max, sizeof *receiver->sources);
  receiver->scratch = malloc((size_t)batch * scratch_bytes);
  receiver->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (!receiver->sources || !receiver->scratch || receiver->epoll < 0 || resize(&receiver->expected, 1024) < 0 ||
      napi_create_external(env, receiver, destroy, NULL, &result) != napi_ok) {
    destroy(env, receiver, NULL);
    return failed(env, "batch-receiver: no memory or no epoll");
  }
  for (int i = 0; i < batch; i += 1) {
    receiver->vectors[i] = (struct iovec){receiver->scratch + (size_t)i * scratch_bytes, datagram_bytes_max};
    struct msghdr *header = &receiver->messages[i].msg_hdr;
    header->msg_iov = &receiver->vectors[i];
    header->msg_iovlen = 1;
    header->msg_name = &receiver->names[i];
    header->msg_control = receiver->controls[i].bytes;
    reset(receiver, i);
  }
  return result;
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"create", create},         {"add", add},       {"remove", remove_socket}, {"expect", expect},
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
