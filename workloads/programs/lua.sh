#!/bin/sh
# Writes input.lua into the folder given. Lua draws a random seed for its string hashes at its start; the order of pairs()
# depends on it, so the script never uses that order.
set -eu
cat >"$1/input.lua" <<'LUA'
local state = 4141
local function draw()
    state = state * 16807 % 2147483647
    return state
end

local function tree(depth)
    if depth == 0 then return { value = draw() % 1000 } end
    return { left = tree(depth - 1), right = tree(depth - 1), value = depth }
end

local function sum(node)
    if not node.left then return node.value end
    return node.value + sum(node.left) + sum(node.right)
end

local kept = {}
for round = 1, 8 do
    local total = 0
    for _ = 1, 3 do total = total + sum(tree(13)) end
    local words, seen = {}, {}
    for i = 1, 25000 do
        local word = string.format("%x-%s", draw() % 9973, string.rep(string.char(97 + draw() % 26), draw() % 40))
        words[i] = word
        seen[word] = (seen[word] or 0) + 1
    end
    table.sort(words)
    local text = table.concat(words, ";")
    local changed, count = text:gsub("(%x+)%-", function(digits) return digits:upper() .. "+" end)
    local most = 0
    for i = 1, #words do most = math.max(most, seen[words[i]]) end
    kept[#kept + 1] = { changed:sub(round * 1000, round * 1000 + 5000), words }
    if #kept > 3 then table.remove(kept, 1) end
    print(round, total, #text, count, most)
end
print(#kept, kept[1][1]:sub(1, 60))
LUA
