# SPDX-License-Identifier: Apache-2.0
"""The Lua scripts of the streams. Redis runs each script as one atomic command."""

from typing import Final

_NOW: Final = """
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

_APPEND: Final = """
local function append(stream, projects, channel, project, sealed, length, age)
    local previous = redis.call('xrevrange', stream, '+', '-', 'count', 1)
    local before = previous[1] and previous[1][1] or '0-0'
    local id = redis.call('xadd', stream, '*', 'event', sealed, 'after', before)
    redis.call('xtrim', stream, 'maxlen', length)
    redis.call('xtrim', stream, 'minid', string.format('%.0f', now - age) .. '-0')
    redis.call('pexpire', stream, age)
    redis.call('zadd', projects, now, project)
    redis.call('publish', channel, project .. ' ' .. id .. ' ' .. sealed)
    return id
end
"""

# KEYS: the stream, the resource's last state, the set of projects, the known resources of the type.
# ARGV: channel, project, sealed event, length and age of the stream; digests of the state (the
# first one is stored), time in OpenStack, start of the read or '', '1' if the resource is deleted,
# '1' if a resource without a last state counts as changed; the id of the resource.
# The last state consists of its digest, its time in OpenStack, the time of the write, and '1' if
# the resource is deleted.
WRITE_CHANGE: Final = (
    _NOW
    + _APPEND
    + """
local states, at, began, deleted = ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9]
local state = string.match(states, '^%x+')
local last_state, last_at, last_written, last_deleted =
    string.match(redis.call('get', KEYS[2]) or '', '^(%x+)|(%d+)|(%d+)|(%d)$')
local written = string.format('%.0f', now)
local is_change = ARGV[10] == '1'
if last_state then
    if last_deleted == '1' then
        redis.call('hdel', KEYS[4], ARGV[11])
        return false
    end
    if began ~= '' then
        if tonumber(began) < tonumber(last_written) then
            return false
        end
    elseif at <= tonumber(last_at) then
        return false
    end
    at = math.max(at, tonumber(last_at))
    is_change = not string.find(states, last_state, 1, true)
    if not is_change then
        written = last_written
    end
end
local last = state .. '|' .. string.format('%.0f', at) .. '|' .. written .. '|' .. deleted
redis.call('set', KEYS[2], last, 'px', ARGV[5])
if deleted == '1' then
    redis.call('hdel', KEYS[4], ARGV[11])
else
    redis.call('hset', KEYS[4], ARGV[11], ARGV[2] .. ' ' .. ARGV[3])
    redis.call('pexpire', KEYS[4], ARGV[5])
end
if not is_change then
    return false
end
return append(KEYS[1], KEYS[3], ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]))
"""
)

# KEYS and ARGV: as above, without the last state.
WRITE_GAP: Final = (
    _NOW
    + _APPEND
    + """
return append(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]))
"""
)

# KEYS: the stream, the epoch, the time until which the cloud was followed, the set of projects.
# ARGV: the position to read after, or '' for now; the maximum number of entries; a new epoch; the
# project. A project that reads its events gets the gaps too, even if nothing of it has changed.
READ: Final = (
    _NOW
    + """
if not redis.call('get', KEYS[2]) then
    redis.call('set', KEYS[2], ARGV[3])
end
redis.call('zadd', KEYS[4], now, ARGV[4])
local entries = {}
if ARGV[1] ~= '' then
    entries = redis.call('xrange', KEYS[1], '(' .. ARGV[1], '+', 'count', ARGV[2])
end
return {
    string.format('%.0f', now),
    redis.call('get', KEYS[2]),
    redis.call('xrange', KEYS[1], '-', '+', 'count', 1),
    entries,
    redis.call('get', KEYS[3]),
}
"""
)
