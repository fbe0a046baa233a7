-- The memory of an article (schemas.store.memory): read, change the table, write the table back.
-- A library for other scripts. Fields of the table: the table FIELDS in schemas/store/memory.py.
--
-- Constants: REMEMBER, the seconds after which an article that nobody looks at is forgotten; QUARANTINE, hash of notes.

-- hex(bytes): the bytes as lower-case hexadecimal digits.
local function hex(bytes)
  return (string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end

-- recall(key): the table stored under `key`, empty when nothing is stored. Bytes that are no table go into quarantine.
local function recall(key)
  local packed = redis.call('GET', key)
  if not packed then return {} end
  local is_packed, article = pcall(cmsgpack.unpack, packed)
  if is_packed and type(article) == 'table' then return article end
  local id = 'memory/' .. string.match(key, '[^:]*$')
  local note = '{"page_id":"' .. id .. '","source_id":"unknown","reason":"unreadable","at":"1970-01-01T00:00:00Z",'
  note = note .. '"tries":[],"kind":"memory","payload":"' .. hex(packed) .. '"}'
  redis.call('HSET', '${QUARANTINE}', id, note)
  redis.call('DEL', key)
  return {}
end

-- keep(key, memory): store the table `memory` under `key`.
local function keep(key, memory)
  redis.call('SET', key, cmsgpack.pack(memory), 'EX', ${REMEMBER})
end

-- raw(digits): the bytes that the hexadecimal digits stand for.
local function raw(digits)
  return (string.gsub(digits, '..', function(pair) return string.char(tonumber(pair, 16)) end))
end
