/* Which packets go into the journal without anybody looking at them: of a stream's source, those that follow the one before.
   Part of batch-receiver.c; what a run is says ordered-runs.ts, which begins and ends them. */

#include <stddef.h>
#include <stdint.h>

/* A row of the table that JavaScript shares with us, 32 bits each. */
struct run {
  uint32_t stream; /* number of the stream in the journal */
  uint32_t open;   /* 0: every packet is to be looked at */
  uint32_t ssrc;
  uint32_t next;    /* the sequence number that may pass */
  uint32_t packets; /* passed since JavaScript counted them last */
  uint32_t bytes;
};

enum { rtp_header_bytes = 12, record_header_bytes = 12, rtp_record = 1 };

static uint32_t read_u32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_u32(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 24), at[1] = (uint8_t)(value >> 16), at[2] = (uint8_t)(value >> 8), at[3] = (uint8_t)value;
}

/* RTP of version 2 (RFC 3550 §5.1) and not RTCP, whose types are 192 to 223 (RFC 5761 §4). */
static int follows(const struct run *run, const uint8_t *bytes, size_t length) {
  if (!run->open || length < rtp_header_bytes) return 0;
  if (bytes[0] >> 6 != 2 || (bytes[1] >= 192 && bytes[1] <= 223)) return 0;
  return ((uint32_t)bytes[2] << 8 | bytes[3]) == run->next && read_u32(bytes + 8) == run->ssrc;
}

/* Counts a packet that follows, and writes the head of its record (src/journal/record.ts), with the time it had waited where
   its own time will stand. */
static void pass(struct run *run, uint8_t *record, uint32_t length, int32_t waited_us) {
  run->next = (run->next + 1) & 0xffff;
  run->packets += 1;
  run->bytes += length;
  write_u32(record, (uint32_t)rtp_record << 24 | length);
  write_u32(record + 4, run->stream);
  write_u32(record + 8, (uint32_t)waited_us);
}

/* The time of each record from `at` to `end`, counted from when the block was opened, `since_us` ago. */
static void date_records(uint8_t *body, size_t at, size_t end, int64_t since_us) {
  while (at < end) {
    uint8_t *record = body + at;
    int64_t after_us = since_us - (int32_t)read_u32(record + 8);
    write_u32(record + 8, after_us < 0 ? 0 : after_us > UINT32_MAX ? UINT32_MAX : (uint32_t)after_us);
    at += record_header_bytes + (read_u32(record) & 0xffffff);
  }
}
