-- Ends a lease before its time, if it is still the caller's. Its number stays known.
-- KEYS[1]  hash {shard:…}:lease
-- ARGV[1]  holder: names the process
-- ARGV[2]  n under which it holds it
-- Replies  1 when it has ended, 0 when it was another's
local known = redis.call('HMGET', KEYS[1], 'n', 'holder')
if known[1] ~= ARGV[2] or known[2] ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'untilMs', 0)
return 1
