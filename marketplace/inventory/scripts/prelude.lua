-- Stands in front of every script of this folder except rebuild.lua.
--
-- KEYS  1 units      hash        unit -> id of the hold that has it, or sold:<fence>
--       2 claims     hash        hold id -> record
--       3 deadlines  sorted set  hold ids by deadline, in ms
--       4 holders    hash        holder -> id of the one hold that they may still add to
--       5 meta       hash        version: number of the last change; where it is missing, the keys have to be rebuilt
--                                cursor:<pool>: where free places of a pool were found last
--       6 log        stream      the last few thousand changes, each under its version
--       7 notes      hash        hold id -> a line with the groups that its units count for, then its terms, as given
--       8 grouped    hash        group (an account, a network) -> how many units the holds have that count for it
-- ARGV  1 ms by which the application's clock is ahead of Redis' own    2 channel on which changes are published
--
-- A record is lines of text: holder, fence, deadline, limit, length of one term (these three in ms), extended, checked out
-- (0 or 1), token of the last call that changed it, then its units. Versions and fences are one counter that only grows.
-- It follows the time in microseconds: no server makes changes faster, so it goes on growing after all this was lost.
-- Answers are lists; the first word says what became of it. NOT_READY: rebuild, then ask again.

local HOLDER, FENCE, DEADLINE, LIMIT, LENGTH, EXTENDED, CHECKED_OUT, TOKEN = 1, 2, 3, 4, 5, 6, 7, 8
local MOST_AT_ONCE = 4000 -- Lua's stack ends at 8000 values
-- Keys that nothing changes for a day go by themselves: those of what is over for good, those of the others are rebuilt.
-- No hold is open for so long. The version goes first, for without it nobody looks at the others.
local VERSION_KEPT, KEPT = 86400, 90000 -- seconds

local UNITS, CLAIMS, DEADLINES, HOLDERS, META, LOG = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local NOTES, GROUPS = KEYS[7], KEYS[8]
local call = redis.call

local version = call('HGET', META, 'version')
if not version then
  return {'NOT_READY'}
end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local clock = time[1] * 1000000 + time[2] + ARGV[1] * 1000

local DIGITS = '%.0f' -- all of a version: Lua by itself writes numbers with 14 digits only

local function read(hold)
  local text = call('HGET', CLAIMS, hold)
  if not text then
    return nil
  end
  local record = {}
  for line in string.gmatch(text, '[^\n]+') do
    record[#record + 1] = line
  end
  return record, text
end

local function shown(hold, text)
  local note = call('HGET', NOTES, hold)
  return {'OK', hold, text, note and string.match(note, '\n(.*)$') or ''}
end

local function save(hold, record)
  local text = table.concat(record, '\n')
  call('HSET', CLAIMS, hold, text)
  call('EXPIRE', CLAIMS, KEPT)
  call('EXPIRE', DEADLINES, KEPT)
  call('EXPIRE', HOLDERS, KEPT)
  call('EXPIRE', NOTES, KEPT)
  call('EXPIRE', GROUPS, KEPT)
  return shown(hold, text)
end

-- Who has each of these units; false where nobody does.
local function owners(units)
  if #units <= MOST_AT_ONCE then
    return call('HMGET', UNITS, unpack(units))
  end
  local all = {}
  for from = 1, #units, MOST_AT_ONCE do
    local some = call('HMGET', UNITS, unpack(units, from, math.min(from + MOST_AT_ONCE - 1, #units)))
    for i = 1, #some do
      all[#all + 1] = some[i]
    end
  end
  return all
end

local function give(units, owner)
  local pairs_of, last = {}, 0
  for i = 1, #units do
    pairs_of[last + 1], pairs_of[last + 2] = units[i], owner
    last = last + 2
    if last == MOST_AT_ONCE or i == #units then
      call('HSET', UNITS, unpack(pairs_of))
      pairs_of, last = {}, 0
    end
  end
end

-- Writes the change down for those who come later and tells those who watch now. Answers its version.
local function publish(status, units)
  local previous = version
  version = string.format(DIGITS, math.max(clock, previous + 1))
  local text = version .. '\n' .. previous .. '\n' .. status .. '\n' .. table.concat(units, '\n')
  call('HSET', META, 'version', version)
  call('XADD', LOG, 'MAXLEN', '~', '4096', version, 'change', text)
  call('PUBLISH', ARGV[2], text)
  call('EXPIRE', META, VERSION_KEPT)
  call('EXPIRE', LOG, VERSION_KEPT)
  call('EXPIRE', UNITS, KEPT)
  return version
end

-- Counts `more` units (fewer, where negative) of a hold for each of its groups.
local function count(hold, more)
  local note = call('HGET', NOTES, hold)
  for group in string.gmatch(note and string.match(note, '^[^\n]*') or '', '%S+') do
    if call('HINCRBY', GROUPS, group, more) <= 0 then
      call('HDEL', GROUPS, group)
    end
  end
end

-- What scripts need that let go of units. Made only where it is: making a function costs as much as a small command.
local function letting_go()
  local function units_of(record)
    local units = {}
    for i = TOKEN + 1, #record do
      units[#units + 1] = record[i]
    end
    return units
  end

  -- Takes from `hold` those of `units` that are still its own, and adds them to `freed`.
  local function take_away(hold, units, freed)
    local owner = owners(units)
    for i = 1, #units do
      if owner[i] == hold then
        call('HDEL', UNITS, units[i])
        freed[#freed + 1] = units[i]
      end
    end
  end

  local function forget(hold, record)
    call('HDEL', CLAIMS, hold)
    call('ZREM', DEADLINES, hold)
    if call('HGET', HOLDERS, record[HOLDER]) == hold then
      call('HDEL', HOLDERS, record[HOLDER])
    end
    count(hold, TOKEN - #record)
    call('HDEL', NOTES, hold)
  end

  -- The record without `units`; nil, and all of it forgotten, where nothing is left.
  local function without(hold, record, units)
    local gone = {}
    for i = 1, #units do
      gone[units[i]] = true
    end
    local kept = {unpack(record, 1, TOKEN)}
    for i = TOKEN + 1, #record do
      if not gone[record[i]] then
        kept[#kept + 1] = record[i]
      end
    end
    if #kept == TOKEN then
      forget(hold, record)
      return nil
    end
    count(hold, #kept - #record)
    return kept
  end

  return units_of, take_away, forget, without
end

-- First of all, every script frees what has run out: it can be taken over by whoever comes, without a sweeper.
local due = call('ZRANGEBYSCORE', DEADLINES, '-inf', now)
if #due > 0 then
  local units_of, take_away, forget = letting_go()
  local freed = {}
  for i = 1, #due do
    local record = read(due[i])
    take_away(due[i], units_of(record), freed)
    forget(due[i], record)
  end
  if #freed > 0 then
    publish('free', freed)
  end
end
