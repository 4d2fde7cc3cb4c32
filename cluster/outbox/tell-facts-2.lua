-- Tells facts of one writer in a stream, one behind the other; of those that are looked up, their last word is kept beside it.
-- KEYS[1]  stream {facts:N}
-- KEYS[2]  string {facts:N}:told:…: the offset up to which this writer has told in the stream
-- ARGV[1]  names the writer
-- ARGV[2]  entries that the stream keeps, about
-- ARGV[3]  how long a last word can be found, ms
-- ARGV[4]  how long it is known up to where the writer has told, ms
-- ARGV[5]  and further, of each fact: its type, its offset, after which offset nothing counts, JSON, and the key of the last word, which
--          has the hash tag of the stream; empty for one that is not looked up
-- Replies  what stood in KEYS[2], or false
for at = 5, #ARGV, 5 do
  local key, text = ARGV[at + 4], ARGV[at + 3]
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'writer', ARGV[1], 'offset', ARGV[at + 1], 'after', ARGV[at + 2], ARGV[at], text)
  if key ~= '' then redis.call('SET', key, text, 'PX', ARGV[3]) end
end
local had = redis.call('GET', KEYS[2])
redis.call('SET', KEYS[2], ARGV[#ARGV - 3], 'PX', ARGV[4])
return had
