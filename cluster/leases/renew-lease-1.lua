-- Gives the holder of a lease another life of it, also when its time has run out and nobody has taken it, or when Redis has forgotten
-- it: the number stays, because nobody else has acted under a higher one.
-- KEYS[1]  hash {shard:…}:lease
-- ARGV[1]  holder: names the process
-- ARGV[2]  time to live, ms
-- ARGV[3]  n under which it holds it
-- Replies  {1, n} when it has it, else {0, n of its holder, holder}
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'n', 'holder')
if known[1] and (known[2] ~= ARGV[1] or known[1] ~= ARGV[3]) then
  return { 0, tonumber(known[1]), known[2] }
end
redis.call('HSET', KEYS[1], 'n', ARGV[3], 'holder', ARGV[1], 'untilMs', nowMs + ARGV[2])
redis.call('PEXPIRE', KEYS[1], 604800000)
return { 1, tonumber(ARGV[3]) }
