/* Sends G.711 streams of RTP and keeps the ledger that judges whoever records them. Must cost less than what it measures:
   one socket, many packets a system call, no allocation once it runs. The bench compiles it.

     sender SECONDS WARM_SECONDS

   out  port P              the port that packets come from, as soon as it is known
   in   A.B.C.D PORT E.F.G.H   one line a stream: where to, and the loopback address it comes from; ends with the input
   out  warm N              N packets have been sent in WARM_SECONDS; what comes now is measured
   out  end N LATE_MS       N packets in all; the longest that a packet left after its time
   out  ledger N N N …      packets sent of each stream

   A packet is 172 bytes, 50 a second and stream, spread over the 20 ms:

     0            12          16                   20                                        172
     +------------+-----------+--------------------+------------------------------------------+
     | RTP header | stream u32| counter of it, u32 | filler                                   |
     +------------+-----------+--------------------+------------------------------------------+
   SSRC is the stream's number plus 1; numbers are big-endian. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { packet_bytes = 172, tick_ms = 20, slots = 20, batch = 128, streams_max = 65536 };

struct stream {
  struct sockaddr_in to;
  struct in_addr from;
  uint32_t sent;
};

static struct stream streams[streams_max];
static unsigned char packets[batch][packet_bytes];
static union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
} controls[batch];
static struct iovec vectors[batch];
static struct mmsghdr messages[batch];

static void put32(unsigned char *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void wait_until(int64_t us) {
  struct timespec at = {us / 1000000, us % 1000000 * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
  }
}

static void prepare(void) {
  for (int i = 0; i < batch; i += 1) {
    memset(packets[i], 0xd5, packet_bytes);
    packets[i][0] = 0x80;
    packets[i][1] = 0;
    vectors[i] = (struct iovec){packets[i], packet_bytes};
    struct msghdr *header = &messages[i].msg_hdr;
    header->msg_iov = &vectors[i];
    header->msg_iovlen = 1;
    header->msg_namelen = sizeof(struct sockaddr_in);
    header->msg_control = controls[i].bytes;
    header->msg_controllen = sizeof controls[i].bytes;
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  }
}

static void fill(int i, struct stream *stream, uint32_t number) {
  unsigned char *packet = packets[i];
  uint16_t sequence = htons((uint16_t)stream->sent);
  memcpy(packet + 2, &sequence, 2);
  put32(packet + 4, stream->sent * 160);
  put32(packet + 8, number + 1);
  put32(packet + 12, number);
  put32(packet + 16, stream->sent);
  messages[i].msg_hdr.msg_name = &stream->to;
  struct in_pktinfo from = {.ipi_spec_dst = stream->from};
  memcpy(CMSG_DATA(CMSG_FIRSTHDR(&messages[i].msg_hdr)), &from, sizeof from);
  stream->sent += 1;
}

static void send_all(int socket, int count) {
  for (int done = 0; done < count;) {
    int sent = sendmmsg(socket, messages + done, count - done, 0);
    if (sent > 0) done += sent;
    else if (errno != EINTR && errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED) {
      perror("sendmmsg");
      exit(1);
    }
  }
}

static int64_t send_slot(int socket, int slot, int count) {
  int filled = 0;
  int64_t sent = 0;
  for (int number = slot; number < count; number += slots) {
    fill(filled, &streams[number], number);
    filled += 1;
    sent += 1;
    if (filled == batch) {
      send_all(socket, filled);
      filled = 0;
    }
  }
  send_all(socket, filled);
  return sent;
}

static int read_streams(void) {
  char to[64], from[64];
  int port, count = 0;
  while (count < streams_max && scanf("%63s %d %63s", to, &port, from) == 3) {
    struct stream *stream = &streams[count];
    stream->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, to, &stream->to.sin_addr) != 1 || inet_pton(AF_INET, from, &stream->from) != 1) exit(2);
    count += 1;
  }
  return count;
}

static int open_socket(void) {
  int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  /* Whatever is forwarded to where the packets come from is dropped here, which costs the least. */
  int least = 1;
  setsockopt(handle, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
  struct sockaddr_in any = {.sin_family = AF_INET};
  socklen_t length = sizeof any;
  if (handle < 0 || bind(handle, (struct sockaddr *)&any, sizeof any) < 0) {
    perror("socket");
    exit(1);
  }
  getsockname(handle, (struct sockaddr *)&any, &length);
  printf("port %d\n", ntohs(any.sin_port));
  fflush(stdout);
  return handle;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int64_t warm_us = (int64_t)(atof(argv[2]) * 1e6), run_us = warm_us + (int64_t)(atof(argv[1]) * 1e6);
  int handle = open_socket();
  int count = read_streams();
  prepare();
  int64_t start = now_us(), sent = 0, late = 0;
  for (int64_t step = 0;; step += 1) {
    int64_t due = step * tick_ms * 1000 / slots;
    if (due >= run_us) break;
    if (due == warm_us) {
      printf("warm %lld\n", (long long)sent);
      fflush(stdout);
    }
    wait_until(start + due);
    int64_t behind = now_us() - start - due;
    if (behind > late) late = behind;
    sent += send_slot(handle, (int)(step % slots), count);
  }
  printf("end %lld %lld\n", (long long)sent, (long long)late / 1000);
  fflush(stdout);
  printf("ledger");
  for (int number = 0; number < count; number += 1) printf(" %u", streams[number].sent);
  printf("\n");
  return 0;
}
