"""The index of near duplicates in Valkey, as a function for the Lua of the atomic step (workers.pages.emit).

It holds the texts of the articles that founded a cluster, for a week or two: its keys are made for a week, this one's
and the last one's are asked, and older ones end by themselves. `prints` is a string of records of one size, each a
cluster and a print; a record goes by its place there. The others are buckets, strings of entries of one size, each the
tag of a band and a record.
"""

from __future__ import annotations

from workers.clusters.fingerprint import BAND_BYTES, BANDS, LAYOUT, MINIMA, PRINT_BYTES

PREFIX = f"newsline:clusters:{LAYOUT}:"
#: Seconds of a generation of the index.
GENERATION = 7 * 86400
#: Buckets of a generation, and records that one tag leads to: the last ones.
_BUCKETS = 1 << 14
_MOST_RECORDS = 4
#: Bytes of an entry of a bucket: two of the band's four, and the record.
_ENTRY = 2 + 4
#: Records of a generation: a string in Valkey has at most 512 MB. What comes after them founds its cluster unindexed.
_MOST_PRINTS = 4_000_000

#: Shares of the smaller text's word pairs and facts that the other must have, and of all word pairs of both.
LEAST_WORDS_SHARED = 0.32
LEAST_FACTS_SHARED = 0.78
LEAST_WORDS_ALIKE = 0.14
#: With fewer facts than this (a number counts twice) words alone must tell, and then nearly all of them.
FEWEST_FACTS = 6
LEAST_WORDS_SHARED_ALONE = 0.85
#: As alike as this, a text adds nothing to what the index has of its cluster.
_SAME = 0.85

#: Lua, after schemas.store.memory: `cluster(article, id, known, fingerprint, now)`, the id of the cluster that the
#: article with this id and fingerprint is in from now on; '' for none. Its memory `article` keeps it as `c` where it is
#: not its own id. An article that is `known` stays in its cluster. A founder's texts go into the index.
CLUSTER = f"""
local function raw(hex)
  return (string.gsub(hex, '..', function(each) return string.char(tonumber(each, 16)) end))
end

local function alike(one, other)
  local function size(print, at) return string.byte(print, at) * 256 + string.byte(print, at + 1) end
  local function share(at, a, b)
    local x, y = {{string.byte(one, at, at + {MINIMA - 1})}}, {{string.byte(other, at, at + {MINIMA - 1})}}
    local same = 0
    for i = 1, {MINIMA} do if x[i] == y[i] then same = same + 1 end end
    local jaccard = same / {MINIMA}
    return jaccard, math.min(a, b) == 0 and 0 or math.min(1, jaccard / (1 + jaccard) * (a + b) / math.min(a, b))
  end
  local few, many = math.min(size(one, 3), size(other, 3)), math.max(size(one, 3), size(other, 3))
  local words, words_shared = share(5, size(one, 1), size(other, 1))
  if words < {LEAST_WORDS_ALIKE} then return 0 end
  if words_shared < (few < {FEWEST_FACTS} and {LEAST_WORDS_SHARED_ALONE} or {LEAST_WORDS_SHARED}) then return 0 end
  if many < {FEWEST_FACTS} then return words end
  local facts, facts_shared = share({5 + MINIMA}, size(one, 3), size(other, 3))
  if facts_shared < {LEAST_FACTS_SHARED} then return 0 end
  return math.min(words, facts)
end

-- the records in `bucket` that `tag` leads to, earliest first, and where in it each is
local function records_of(bucket, tag)
  local records, places = {{}}, {{}}
  local at = string.find(bucket, tag, 1, true)
  while at do
    if at % {_ENTRY} == 1 then
      local record = struct.unpack('>I4', bucket, at + 2)
      records[#records + 1], places[record] = record, at + 1
    end
    at = string.find(bucket, tag, at + 1, true)
  end
  table.sort(records)
  return records, places
end

local function find_cluster(id, founder, fingerprint, now)
  local print = string.sub(fingerprint, {BANDS * BAND_BYTES + 1})
  local week = math.floor(now / {GENERATION})
  local function key(name, age) return '{PREFIX}' .. (week - age) .. ':' .. name end
  local keys, tags = {{}}, {{}}
  for band = 1, {BANDS} do
    local at = band * {BAND_BYTES}
    local bucket = (string.byte(fingerprint, at - 3) * 256 + string.byte(fingerprint, at - 2)) % {_BUCKETS}
    tags[band] = string.sub(fingerprint, at - 1, at)
    keys[band], keys[{BANDS} + band] = key(bucket, 1), key(bucket, 0)
  end
  local buckets = redis.call('MGET', unpack(keys))

  local best, nearest, full, seen = nil, 0, {{}}, {{}}
  for each, bucket in ipairs(buckets) do
    local age = each <= {BANDS} and 1 or 0
    local records, places = records_of(bucket or '', tags[(each - 1) % {BANDS} + 1])
    full[each] = #records >= {_MOST_RECORDS} and places[records[1]]
    for _, record in ipairs(records) do
      local name = age .. ':' .. record
      if not seen[name] then
        seen[name] = true
        local start = record * {16 + PRINT_BYTES}
        local kept = redis.call('GETRANGE', key('prints', age), start, start + {15 + PRINT_BYTES})
        local like = #kept == {16 + PRINT_BYTES} and alike(print, string.sub(kept, 17)) or 0
        local its = string.sub(kept, 1, 16)
        if like > nearest and (its == id or not founder) then best, nearest = its, like end
      end
    end
  end
  if best and best ~= id or nearest >= {_SAME} then return best end

  local prints = key('prints', 0)
  local record = redis.call('STRLEN', prints) / {16 + PRINT_BYTES}
  if record >= {_MOST_PRINTS} then return id end
  redis.call('APPEND', prints, id .. print)
  local ends = (week + 2) * {GENERATION}
  if record == 0 then redis.call('EXPIREAT', prints, ends) end
  local number = struct.pack('>I4', record)
  for band = 1, {BANDS} do
    local at = {BANDS} + band
    if full[at] then
      redis.call('SETRANGE', keys[at], full[at], number)
    else
      redis.call('APPEND', keys[at], tags[band] .. number)
      if not buckets[at] then redis.call('EXPIREAT', keys[at], ends) end
    end
  end
  return id
end

local function cluster(article, id, known, fingerprint, now)
  local own = article.c or known and raw(id) or ''
  if fingerprint ~= '' and (own == '' or own == raw(id)) then
    own = find_cluster(raw(id), own ~= '', fingerprint, now)
  end
  article.c = own ~= raw(id) and own or nil
  return hex(own)
end
"""
