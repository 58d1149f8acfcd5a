#!/bin/sh
# Writes input.py into the folder given. Nothing in it depends on time, addresses or random hashes: numbers come from a
# linear congruence, and what is printed was sorted or summed.
set -eu
cat >"$1/input.py" <<'PYTHON'
class Order:
    __slots__ = ("number", "name", "lines", "next")

    def __init__(self, number, name, lines, following):
        self.number, self.name, self.lines, self.next = number, name, lines, following


def draw(state):
    while True:
        state = state * 16807 % 2147483647
        yield state


def build(numbers, count):
    orders, last = {}, None
    for _ in range(count):
        number = next(numbers)
        lines = [(f"part-{next(numbers) % 5003:05d}", float(next(numbers) % 1000)) for _ in range(number % 7 + 1)]
        last = Order(number, f"customer {number % 20011:x} of {number:d}", lines, last if number % 5 else None)
        orders[last.name] = last
    return orders


def index(orders):
    parts = {}
    for order in orders.values():
        for part, price in order.lines:
            parts.setdefault(part, []).append((price, order.number))
    for entries in parts.values():
        entries.sort()
    return parts


def describe(orders):
    text = "\n".join(
        f"{order.name}:{sum(price for _, price in order.lines):.2f}:{'/'.join(part for part, _ in order.lines)}"
        for order in sorted(orders.values(), key=lambda order: (order.number % 97, order.name)))
    words = {}
    for word in text.replace(":", " ").replace("/", " ").split():
        words[word] = words.get(word, 0) + 1
    return len(text), sorted(words.items(), key=lambda item: (-item[1], item[0]))[:5]


def main():
    numbers = draw(4141)
    kept = {}
    for generation in range(5):
        orders = build(numbers, 9000)
        parts = index(orders)
        print(generation, len(orders), len(parts), describe(orders))
        kept = {name: order for name, order in {**kept, **orders}.items() if order.number % 4 == generation % 4}
    print(len(kept), sum(order.number for order in kept.values()))


main()
PYTHON
