/* Many sockets, read in turns: one call of the kernel for each that has one datagram, fewer where many wait. Part of
   batch-receiver.c.

     armed ──epoll tells that something has come──▶ busy: read in every round
       ▲                                              │
       └────────── nothing in some rounds ────────────┘

   A socket of a running stream has something in nearly every round. To ask epoll which have costs more than to try all of them,
   so epoll is asked only about the others: those of RTCP, of streams that are silent, and those that rest. To try one in vain costs
   half as much as a packet; so a busy one is left alone until the time between its last two datagrams has passed again. */

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { batch = 32, events_max = 1024, datagram_bytes_max = 65536, waited_us_max = 60000000, backlog_us = 20000, gap_us_max = 20000, quiet_max = 8 };
/* Not a power of two, so that the first bytes of neighbours do not fall into the same lines of the cache. */
enum { scratch_bytes = datagram_bytes_max + 192 };

/* What is larger is no packet of audio on any network: the kernel drops it before it takes the room of those that are. */
enum { audio_bytes_max = 9216, udp_header_bytes = 8 };

/* How much is read of a socket at a time. One system call that asks for many costs more than one that asks for one. */
enum depth { one_datagram, many_datagrams };

struct socket {
  int32_t descriptor; /* -1: free */
  uint8_t depth;
  uint8_t busy;
  uint8_t quiet;  /* rounds in which it had nothing */
  uint8_t more;   /* it may have more than was read in this round */
  uint32_t group; /* the first of the sockets whose datagrams are heard in one order */
  uint32_t held;  /* of that one: the last call in which something of the group did not pass */
  int64_t last_us; /* when its last datagram came */
  int64_t next_us; /* before then no other one is expected */
  struct found found;
};

struct sockets {
  int epoll;
  struct socket *all;
  uint32_t count;
  uint32_t *busy; /* their numbers: room for all */
  uint32_t busy_count, turn;
  enum { between_rounds, all_in_turn, those_with_more } round;
  int64_t now_us;
  int tries_all; /* also those of which nothing is expected yet */
  int leaves_some; /* in this round some gave all that was asked for at a time */
  /* What was read and not handed out yet. */
  uint32_t read_from;
  int read, read_count;
  uint8_t *scratch;
  struct mmsghdr messages[batch];
  struct iovec vectors[batch];
  struct sockaddr_storage names[batch];
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct timespec))];
  } controls[batch];
};

/* Valid until more is read. */
struct datagram {
  const uint8_t *bytes;
  uint32_t length;
  int32_t waited_us; /* in the kernel */
  const struct sockaddr_storage *name;
};

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

static void reset(struct sockets *sockets, int message) {
  sockets->messages[message].msg_hdr.msg_namelen = sizeof(struct sockaddr_storage);
  sockets->messages[message].msg_hdr.msg_controllen = sizeof sockets->controls[message].bytes;
}

static void expect_next(struct socket *socket, int64_t at_us) {
  int64_t gap_us = at_us - socket->last_us;
  socket->last_us = at_us;
  socket->next_us = at_us + (gap_us < 0 ? 0 : gap_us > gap_us_max ? gap_us_max : gap_us);
}

/* The machine's clock may have been set meanwhile: then it is not long until a time that is far. */
static int is_early(const struct sockets *sockets, const struct socket *socket) {
  return !sockets->tries_all && socket->next_us > sockets->now_us && socket->next_us - sockets->now_us <= gap_us_max;
}

/* Of those that were read, the next one. There is one. */
static struct datagram take_datagram(struct sockets *sockets) {
  int at = sockets->read;
  struct mmsghdr *message = &sockets->messages[at];
  struct datagram datagram = {sockets->vectors[at].iov_base, message->msg_len, waited_us(&message->msg_hdr, sockets->now_us), &sockets->names[at]};
  struct socket *socket = &sockets->all[sockets->read_from];
  if (sockets->read_count == 1) socket->depth = datagram.waited_us > backlog_us ? many_datagrams : one_datagram;
  else if (at == 0) socket->depth = many_datagrams;
  expect_next(socket, sockets->now_us - datagram.waited_us);
  reset(sockets, at);
  sockets->read += 1;
  return datagram;
}

/* How many datagrams were read, 0 when there are none, below 0 for the error of the socket. */
static int read_socket(struct sockets *sockets, uint32_t number) {
  struct socket *socket = &sockets->all[number];
  int count;
  sockets->read_from = number;
  sockets->read = sockets->read_count = 0;
  if (socket->depth == many_datagrams) count = recvmmsg(socket->descriptor, sockets->messages, batch, MSG_DONTWAIT, NULL);
  else {
    /* Not by the C library, which would prepare for the end of this thread within the call. */
    long length = syscall(SYS_recvmsg, socket->descriptor, &sockets->messages[0].msg_hdr, MSG_DONTWAIT);
    sockets->messages[0].msg_len = (unsigned)length;
    count = length < 0 ? -1 : 1;
  }
  if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  return sockets->read_count = count;
}

/* Makes those busy that epoll knows something of. */
static void rouse(struct sockets *sockets) {
  struct epoll_event events[events_max];
  int count = epoll_wait(sockets->epoll, events, events_max, 0);
  if (count == events_max) sockets->leaves_some = 1;
  for (int i = 0; i < count; i += 1) {
    uint32_t number = events[i].data.u32;
    struct socket *socket = &sockets->all[number];
    if (socket->descriptor < 0 || socket->busy) continue;
    socket->busy = socket->more = 1;
    socket->quiet = 0;
    sockets->busy[sockets->busy_count++] = number;
  }
}

/* Epoll tells of it again, and of what has come meanwhile, too. False: the kernel refuses, it stays busy. */
static int arm(struct sockets *sockets, uint32_t number) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = number};
  return epoll_ctl(sockets->epoll, EPOLL_CTL_MOD, sockets->all[number].descriptor, &event) == 0;
}

/* 1 when there is something read, 0 when all have had their turn and none may have more, below 0 for the error of a socket. What
   comes to a socket after its turn is there the next time. */
static int read_more(struct sockets *sockets) {
  if (sockets->read < sockets->read_count) return 1;
  for (;;) {
    if (sockets->round == between_rounds || sockets->turn >= sockets->busy_count) {
      if (sockets->round != between_rounds && !sockets->leaves_some) break;
      /* Who waits in one socket does not keep the others waiting: what is left there has its turn after them. */
      sockets->round = sockets->round == between_rounds ? all_in_turn : those_with_more;
      sockets->leaves_some = 0;
      sockets->turn = 0;
      rouse(sockets);
      if (sockets->busy_count == 0) break;
    }
    uint32_t number = sockets->busy[sockets->turn];
    struct socket *socket = &sockets->all[number];
    if (sockets->round == those_with_more ? !socket->more : is_early(sockets, socket)) {
      socket->more = 0;
      sockets->turn += 1;
      continue;
    }
    int count = read_socket(sockets, number);
    socket->more = count == batch;
    if (socket->more) sockets->leaves_some = 1;
    if (count != 0) socket->quiet = 0;
    else if (++socket->quiet >= quiet_max && arm(sockets, number)) {
      socket->busy = 0;
      sockets->busy[sockets->turn] = sockets->busy[--sockets->busy_count];
      continue;
    }
    sockets->turn += 1;
    if (count != 0) return count < 0 ? count : 1;
  }
  sockets->round = between_rounds;
  return 0;
}

/* The same for some of them alone, each until it is empty; what was read before and not handed out comes first. `at`: whose turn
   it is, 0 to begin with. */
static int read_more_of(struct sockets *sockets, const int32_t *numbers, size_t count, size_t *at) {
  if (sockets->read < sockets->read_count) return 1;
  for (; *at < count; *at += 1) {
    uint32_t number = (uint32_t)numbers[*at];
    if (number >= sockets->count || sockets->all[number].descriptor < 0) continue;
    int found = read_socket(sockets, number);
    if (found > 0) return 1;
    if (found < 0) {
      *at += 1;
      return found;
    }
  }
  return 0;
}

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

static int grow(struct sockets *sockets) {
  uint32_t count = sockets->count + 256;
  struct socket *all = realloc(sockets->all, count * sizeof *all);
  if (all) sockets->all = all;
  uint32_t *busy = realloc(sockets->busy, count * sizeof *busy);
  if (busy) sockets->busy = busy;
  if (!all || !busy) return -1;
  for (uint32_t i = sockets->count; i < count; i += 1) all[i] = (struct socket){.descriptor = -1};
  sockets->count = count;
  return 0;
}

/* Its number, or -errno. */
static int64_t add_socket(struct sockets *sockets, int descriptor, int32_t group) {
  uint32_t number = 0;
  while (number < sockets->count && sockets->all[number].descriptor >= 0) number += 1;
  if (number == sockets->count && grow(sockets) < 0) return -ENOMEM;
  int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  refuse_giants(descriptor);
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = number};
  if (epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0) return -errno;
  uint32_t first = group >= 0 && (uint32_t)group < sockets->count ? (uint32_t)group : number;
  sockets->all[number] = (struct socket){.descriptor = descriptor, .depth = many_datagrams, .group = first};
  return number;
}

/* Below 0 when there is no such socket. */
static int remove_socket(struct sockets *sockets, uint32_t number) {
  if (number >= sockets->count || sockets->all[number].descriptor < 0) return -1;
  epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, sockets->all[number].descriptor, NULL);
  sockets->all[number].descriptor = -1;
  uint32_t at = 0;
  while (at < sockets->busy_count && sockets->busy[at] != number) at += 1;
  if (at < sockets->busy_count) sockets->busy[at] = sockets->busy[--sockets->busy_count];
  if (sockets->read_from == number) {
    for (; sockets->read < sockets->read_count; sockets->read += 1) reset(sockets, sockets->read);
  }
  return 0;
}

/* Below 0 when there is no memory, or no epoll. */
static int open_sockets(struct sockets *sockets) {
  sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
  sockets->scratch = malloc((size_t)batch * scratch_bytes);
  if (!sockets->scratch || sockets->epoll < 0) return -1;
  for (int i = 0; i < batch; i += 1) {
    sockets->vectors[i] = (struct iovec){sockets->scratch + (size_t)i * scratch_bytes, datagram_bytes_max};
    struct msghdr *header = &sockets->messages[i].msg_hdr;
    header->msg_iov = &sockets->vectors[i];
    header->msg_iovlen = 1;
    header->msg_name = &sockets->names[i];
    header->msg_control = sockets->controls[i].bytes;
    reset(sockets, i);
  }
  return 0;
}

static void close_sockets(struct sockets *sockets) {
  if (sockets->epoll >= 0) close(sockets->epoll);
  free(sockets->all);
  free(sockets->busy);
  free(sockets->scratch);
}
