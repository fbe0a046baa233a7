-- Find the cluster of an article, or found a cluster (workers.clusters.index). A library; needs memory.lua.
--
-- Keys of a generation `week` (number of the week since 1970). The generations of this week and last week are read; a
-- generation expires when two weeks have passed since its begin.
--   PREFIX week :prints  records: CLUSTER_BYTES of a cluster's id, then PRINT_BYTES of a print
--   PREFIX week :bucket  entries: TAG_BYTES of a tag, then the number of a record in 4 bytes, high byte first
--
-- Constants:
--   PREFIX                    begin of the keys
--   GENERATION                seconds of a week
--   BANDS, BAND_BYTES         bands of a fingerprint, and bytes of a band
--   BUCKETS                   buckets of a generation
--   TAG_BYTES, ENTRY_BYTES    bytes of a tag, and of an entry of a bucket
--   CLUSTER_BYTES, RECORD_BYTES  bytes of a cluster's id, and of a record
--   MINIMA                    bytes of a print for words, and as many for facts
--   MOST_RECORDS, MOST_PRINTS records that a tag leads to, and records of a generation
--   SAME                      similarity from which a text adds nothing to the entries of its cluster
--   WORDS_ALIKE, WORDS_SHARED, WORDS_SHARED_ALONE, FACTS_SHARED, FEWEST_FACTS  thresholds, see index.py

-- compare_prints(print, other_print): 0 for texts of two clusters, else the similarity of the texts, up to 1.
--   A print: number of word pairs (2 bytes), number of facts (2 bytes), MINIMA bytes of words, MINIMA bytes of facts.
local function compare_prints(print, other_print)
  local function size(of, at) return string.byte(of, at) * 256 + string.byte(of, at + 1) end
  -- Jaccard similarity of two sets, and the share of the smaller set's members that the larger set has.
  local function compare(at, size_of_set, size_of_other)
    local minima = {string.byte(print, at, at + ${MINIMA} - 1)}
    local other_minima = {string.byte(other_print, at, at + ${MINIMA} - 1)}
    local equal = 0
    for i = 1, ${MINIMA} do if minima[i] == other_minima[i] then equal = equal + 1 end end
    local jaccard = equal / ${MINIMA}
    local smaller = math.min(size_of_set, size_of_other)
    if smaller == 0 then return jaccard, 0 end
    return jaccard, math.min(1, jaccard / (1 + jaccard) * (size_of_set + size_of_other) / smaller)
  end
  local fewer_facts = math.min(size(print, 3), size(other_print, 3))
  local more_facts = math.max(size(print, 3), size(other_print, 3))
  local words, words_shared = compare(5, size(print, 1), size(other_print, 1))
  if words < ${WORDS_ALIKE} then return 0 end
  if words_shared < (fewer_facts < ${FEWEST_FACTS} and ${WORDS_SHARED_ALONE} or ${WORDS_SHARED}) then return 0 end
  if more_facts < ${FEWEST_FACTS} then return words end
  local facts, facts_shared = compare(5 + ${MINIMA}, size(print, 3), size(other_print, 3))
  if facts_shared < ${FACTS_SHARED} then return 0 end
  return math.min(words, facts)
end

-- records_of(bucket, tag): the numbers of the records that `tag` leads to, ascending, and the offset in bytes at which
-- each number stands in `bucket`.
local function records_of(bucket, tag)
  local records, offsets = {}, {}
  local at = string.find(bucket, tag, 1, true)
  while at do
    if at % ${ENTRY_BYTES} == 1 then
      local record = struct.unpack('>I4', bucket, at + ${TAG_BYTES})
      records[#records + 1], offsets[record] = record, at + ${TAG_BYTES} - 1
    end
    at = string.find(bucket, tag, at + 1, true)
  end
  table.sort(records)
  return records, offsets
end

-- find_cluster(id, is_founder, fingerprint, now): the id (bytes) of the cluster. Without a similar text the article
-- founds a cluster, and the print goes into the index.
--   is_founder  true for an article that founded its cluster before: it stays there
local function find_cluster(id, is_founder, fingerprint, now)
  local print = string.sub(fingerprint, ${BANDS} * ${BAND_BYTES} + 1)
  local week = math.floor(now / ${GENERATION})
  local function key(name, age) return '${PREFIX}' .. (week - age) .. ':' .. name end
  local keys, tags = {}, {}
  for band = 1, ${BANDS} do
    local at = band * ${BAND_BYTES}
    local bucket = (string.byte(fingerprint, at - 3) * 256 + string.byte(fingerprint, at - 2)) % ${BUCKETS}
    tags[band] = string.sub(fingerprint, at - ${TAG_BYTES} + 1, at)
    keys[band], keys[${BANDS} + band] = key(bucket, 1), key(bucket, 0)
  end
  local buckets = redis.call('MGET', unpack(keys))

  -- 1. Compare the print with all records of the bands, last week's first; remember full tags of a bucket.
  local best, highest, replaced, compared = nil, 0, {}, {}
  for number, bucket in ipairs(buckets) do
    local age = number <= ${BANDS} and 1 or 0
    local records, offsets = records_of(bucket or '', tags[(number - 1) % ${BANDS} + 1])
    replaced[number] = #records >= ${MOST_RECORDS} and offsets[records[1]]
    for _, record in ipairs(records) do
      local name = age .. ':' .. record
      if not compared[name] then
        compared[name] = true
        local start = record * ${RECORD_BYTES}
        local stored = redis.call('GETRANGE', key('prints', age), start, start + ${RECORD_BYTES} - 1)
        local is_whole = #stored == ${RECORD_BYTES}
        local similarity = is_whole and compare_prints(print, string.sub(stored, ${CLUSTER_BYTES} + 1)) or 0
        local cluster_id = string.sub(stored, 1, ${CLUSTER_BYTES})
        if similarity > highest and (cluster_id == id or not is_founder) then
          best, highest = cluster_id, similarity
        end
      end
    end
  end
  -- 2. Join another article's cluster, or keep the own cluster without a new record.
  if best and best ~= id or highest >= ${SAME} then return best end

  -- 3. Found a cluster: append the record, and an entry for each band. A full tag loses its oldest entry.
  local prints = key('prints', 0)
  local record = redis.call('STRLEN', prints) / ${RECORD_BYTES}
  if record >= ${MOST_PRINTS} then return id end
  redis.call('APPEND', prints, id .. print)
  local expiry = (week + 2) * ${GENERATION}
  if record == 0 then redis.call('EXPIREAT', prints, expiry) end
  local packed_record = struct.pack('>I4', record)
  for band = 1, ${BANDS} do
    local number = ${BANDS} + band
    if replaced[number] then
      redis.call('SETRANGE', keys[number], replaced[number], packed_record)
    else
      redis.call('APPEND', keys[number], tags[band] .. packed_record)
      if not buckets[number] then redis.call('EXPIREAT', keys[number], expiry) end
    end
  end
  return id
end

-- cluster(article, id, has_line, fingerprint, now): the id (hexadecimal) of the article's cluster from now on, '' for
-- none. An article stays in its cluster.
--   article      the table of the article's memory; changed here (field c), and stored by the caller
--   id           the article's id, hexadecimal
--   has_line     true value for an article with an earlier line
--   fingerprint  bands and print (bytes), '' for a text too short to compare
--   now          unix time (s)
local function cluster(article, id, has_line, fingerprint, now)
  local own_id = raw(id)
  local cluster_id = article.c or has_line and own_id or ''
  if fingerprint ~= '' and (cluster_id == '' or cluster_id == own_id) then
    cluster_id = find_cluster(own_id, cluster_id ~= '', fingerprint, now)
  end
  article.c = cluster_id ~= own_id and cluster_id or nil
  return hex(cluster_id)
end
