-- Decide to which article a page belongs (schemas.store.identity). A library; needs memory.lua.

-- whose(prefix, named, visited): the id of the article and how the page led to the article.
--   prefix   begins the key of every article's memory
--   named    the id that the page's own address makes
--   visited  the id of the article that was fetched again, '' when the page comes from discovery
-- Answers:
--   id, 'itself'  the page's address is an address of the article
--   id, 'moved'   the visited article stands at an address that no article had
--   id, 'merged'  the visited article's address leads to the other article `id`
local function whose(prefix, named, visited)
  local id = recall(prefix .. named).i or named
  if visited == '' or visited == id then return id, 'itself' end
  if recall(prefix .. id).r then return id, 'merged' end
  return visited, 'moved'
end
