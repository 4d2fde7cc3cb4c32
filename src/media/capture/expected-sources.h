/* Which stream a datagram is expected from, by the socket it came to and its source. Part of batch-receiver.c. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A source as the kernel says it, without what two datagrams of one source may differ in. */
struct source {
  uint8_t address[16];
  uint16_t port;
  uint16_t family;
  uint32_t scope;
};

struct expected {
  struct source source;
  uint32_t socket;
  int32_t stream; /* below 0: free */
};

struct expected_sources {
  struct expected *table; /* open addressing, linear probing */
  uint32_t places, used;  /* a power of two; never more than half are used */
  uint32_t changes;       /* of what is expected: what was found before may not hold any more */
};

static uint32_t place_of(const struct expected_sources *all, uint32_t socket, const struct source *source) {
  uint64_t words[3], hash = socket * 0x9e3779b97f4a7c15u;
  memcpy(words, source, sizeof words);
  for (int i = 0; i < 3; i += 1) hash = (hash ^ words[i]) * 0xff51afd7ed558ccdu, hash ^= hash >> 32;
  return (uint32_t)hash & (all->places - 1);
}

static struct expected *find(const struct expected_sources *all, uint32_t socket, const struct source *source) {
  uint32_t at = place_of(all, socket, source);
  while (all->table[at].stream >= 0) {
    struct expected *one = &all->table[at];
    if (one->socket == socket && memcmp(&one->source, source, sizeof *source) == 0) return one;
    at = (at + 1) & (all->places - 1);
  }
  return &all->table[at];
}

static int resize(struct expected_sources *all, uint32_t places) {
  struct expected *old = all->table;
  uint32_t old_places = all->places;
  all->table = malloc(places * sizeof *old);
  if (!all->table) {
    all->table = old;
    return -1;
  }
  all->places = places;
  for (uint32_t i = 0; i < places; i += 1) all->table[i].stream = -1;
  for (uint32_t i = 0; i < old_places; i += 1) {
    if (old[i].stream >= 0) *find(all, old[i].socket, &old[i].source) = old[i];
  }
  free(old);
  return 0;
}

/* Those behind it in its run move up, so that probing never meets a hole. */
static void forget(struct expected_sources *all, uint32_t socket, const struct source *source) {
  const struct expected *one = find(all, socket, source);
  if (one->stream < 0) return;
  uint32_t mask = all->places - 1, hole = (uint32_t)(one - all->table);
  for (uint32_t at = (hole + 1) & mask; all->table[at].stream >= 0; at = (at + 1) & mask) {
    uint32_t home = place_of(all, all->table[at].socket, &all->table[at].source);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    all->table[hole] = all->table[at];
    hole = at;
  }
  all->table[hole].stream = -1;
  all->used -= 1;
  all->changes += 1;
}

/* Below 0 when there is no memory. */
static int expect_from(struct expected_sources *all, uint32_t socket, const struct source *source, int32_t stream) {
  struct expected *one = find(all, socket, source);
  if (one->stream < 0) {
    if (2 * (all->used + 1) > all->places) {
      if (resize(all, 2 * all->places) < 0) return -1;
      one = find(all, socket, source);
    }
    all->used += 1;
  }
  *one = (struct expected){*source, socket, stream};
  all->changes += 1;
  return 0;
}

/* What was found last at a socket: nearly all of them are sent to from one place. */
struct found {
  struct source source;
  uint32_t changes; /* of what was expected then */
  int32_t stream;
};

/* The same as find, which is asked only where the source, or what is expected, is another than the last time. */
static int32_t find_again(const struct expected_sources *all, uint32_t socket, const struct source *source, struct found *last) {
  if (last->changes == all->changes && memcmp(&last->source, source, sizeof *source) == 0) return last->stream;
  *last = (struct found){*source, all->changes, find(all, socket, source)->stream};
  return last->stream;
}

static int parse_source(const char *address, int port, struct source *source) {
  memset(source, 0, sizeof *source);
  source->port = htons((uint16_t)port);
  if (inet_pton(AF_INET, address, source->address) == 1) source->family = AF_INET;
  else if (inet_pton(AF_INET6, address, source->address) == 1) source->family = AF_INET6;
  else return -1; /* with a zone: those are left to the caller */
  return 0;
}

static void read_source(const struct sockaddr_storage *name, struct source *source) {
  memset(source, 0, sizeof *source);
  source->family = name->ss_family;
  if (name->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const void *)name;
    memcpy(source->address, &in->sin_addr, 4);
    source->port = in->sin_port;
  } else if (name->ss_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const void *)name;
    memcpy(source->address, &in6->sin6_addr, 16);
    source->port = in6->sin6_port;
    if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr)) source->scope = in6->sin6_scope_id;
  }
}
