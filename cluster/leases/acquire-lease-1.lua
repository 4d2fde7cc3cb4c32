-- Takes the lease of a shard where nobody holds it, its time has run out, or an earlier life of the same holder has it. A new
-- holder's number is one above every number that Redis or the caller knows of: so it stays when Redis has forgotten everything.
-- KEYS[1]  hash {shard:…}:lease
-- ARGV[1]  holder: names the process
-- ARGV[2]  time to live, ms
-- ARGV[3]  highest number that the caller has seen for this shard
-- Replies  {1, n} when it is taken, else {0, n of its holder, holder}
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'n', 'holder', 'untilMs')
local n = tonumber(known[1] or 0)
-- No lease is longer than a life: were it so, the clock of this Redis is behind that of the one before.
local untilMs = math.min(tonumber(known[3] or 0), nowMs + ARGV[2])
if known[2] and known[2] ~= ARGV[1] and untilMs > nowMs then
  redis.call('HSET', KEYS[1], 'untilMs', untilMs)
  return { 0, n, known[2] }
end
n = math.max(n, ARGV[3]) + 1
redis.call('HSET', KEYS[1], 'n', n, 'holder', ARGV[1], 'untilMs', nowMs + ARGV[2])
-- A shard that nobody has asked for in a week is none any more.
redis.call('PEXPIRE', KEYS[1], 604800000)
return { 1, n }
