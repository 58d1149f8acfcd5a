/*
 * cxx.cpp - the C++ operators of libminipool.so: every form of new and delete, std::bad_alloc, the new-handler loop,
 * and the standard containers on top. The program is linked with the library, as a preload would put it.
 */
#include "minipool.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                             \
            std::abort();                                                                                              \
        }                                                                                                              \
    } while (0)

namespace {

// volatile: a compiler may otherwise pair new with delete and remove both.
volatile std::size_t small_size = 100;
volatile std::size_t impossible_size = PTRDIFF_MAX;

std::size_t held_blocks() {
    mp_stats stats;
    mp_stats_get(&stats);
    return stats.allocated_blocks;
}

void fill(void *block, std::size_t alignment) {
    CHECK(block != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
    CHECK(mp_malloc_usable_size(block) >= small_size); // 0 or an abort if another allocator gave it
    std::memset(block, 0x5a, small_size);
}

void every_form() {
    const std::size_t size = small_size, natural = 16;
    const std::size_t before = held_blocks();
    void *p = ::operator new(size);
    fill(p, natural);
    ::operator delete(p);
    p = ::operator new(size);
    fill(p, natural);
    ::operator delete(p, size);
    p = ::operator new(size, std::nothrow);
    fill(p, natural);
    ::operator delete(p, std::nothrow);
    p = ::operator new[](size);
    fill(p, natural);
    ::operator delete[](p);
    p = ::operator new[](size);
    fill(p, natural);
    ::operator delete[](p, size);
    p = ::operator new[](size, std::nothrow);
    fill(p, natural);
    ::operator delete[](p, std::nothrow);
    for (std::size_t alignment = 16; alignment <= 65536; alignment *= 2) {
        const auto aligned = static_cast<std::align_val_t>(alignment);
        p = ::operator new(size, aligned);
        fill(p, alignment);
        ::operator delete(p, aligned);
        p = ::operator new(size, aligned);
        fill(p, alignment);
        ::operator delete(p, size, aligned);
        p = ::operator new(size, aligned, std::nothrow);
        fill(p, alignment);
        ::operator delete(p, aligned, std::nothrow);
        p = ::operator new[](size, aligned);
        fill(p, alignment);
        ::operator delete[](p, aligned);
        p = ::operator new[](size, aligned);
        fill(p, alignment);
        ::operator delete[](p, size, aligned);
        p = ::operator new[](size, aligned, std::nothrow);
        fill(p, alignment);
        ::operator delete[](p, aligned, std::nothrow);
    }
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    ::operator delete(nullptr, static_cast<std::align_val_t>(64));
    CHECK(held_blocks() == before);
}

template <typename Allocate> bool throws_bad_alloc(Allocate allocate) {
    try {
        allocate();
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

void impossible_sizes() {
    const std::size_t size = impossible_size;
    const auto aligned = static_cast<std::align_val_t>(4096);
    CHECK(throws_bad_alloc([=] { ::operator delete(::operator new(size)); }));
    CHECK(throws_bad_alloc([=] { ::operator delete[](::operator new[](size)); }));
    CHECK(throws_bad_alloc([=] { ::operator delete(::operator new(size, aligned), aligned); }));
    CHECK(throws_bad_alloc([=] { ::operator delete[](::operator new[](size, aligned), aligned); }));
    CHECK(::operator new(size, std::nothrow) == nullptr);
    CHECK(::operator new[](size, std::nothrow) == nullptr);
    CHECK(::operator new(size, aligned, std::nothrow) == nullptr);
    CHECK(::operator new[](size, aligned, std::nothrow) == nullptr);
}

int handler_calls;

void give_up_at_third_call() {
    if (++handler_calls == 3)
        std::set_new_handler(nullptr);
}

void throw_from_handler() {
    handler_calls++;
    throw std::bad_alloc();
}

// [new.delete.single]: the handler is called again and again until it is gone, throws, or the memory is there.
void handler_loop() {
    const std::size_t size = impossible_size;
    handler_calls = 0;
    std::set_new_handler(give_up_at_third_call);
    CHECK(throws_bad_alloc([=] { ::operator delete(::operator new(size)); }));
    CHECK(handler_calls == 3);

    handler_calls = 0;
    std::set_new_handler(give_up_at_third_call);
    CHECK(::operator new(size, std::nothrow) == nullptr);
    CHECK(handler_calls == 3);

    handler_calls = 0;
    std::set_new_handler(throw_from_handler);
    CHECK(throws_bad_alloc([=] { ::operator delete[](::operator new[](size)); }));
    CHECK(handler_calls == 1);
    CHECK(::operator new(size, std::nothrow) == nullptr); // what the handler throws stays inside
    CHECK(::operator new[](size, std::align_val_t{256}, std::nothrow) == nullptr);
    CHECK(handler_calls == 3);
    std::set_new_handler(nullptr);
}

// A size may be as wrong as the standard allows: never. Every class and beyond, by the sized and aligned forms.
void sized_deletes() {
    const std::size_t before = held_blocks();
    for (std::size_t size = 0; size <= 2000000; size += size / 9 + 1) {
        void *one = ::operator new(size), *other = ::operator new[](size);
        CHECK(one != nullptr && other != nullptr && one != other); // also for size 0
        CHECK(reinterpret_cast<std::uintptr_t>(one) % (size <= 8 ? 8 : 16) == 0);
        std::memset(one, 1, size);
        ::operator delete(one, size);
        ::operator delete[](other, size);
        for (std::size_t alignment = 1; alignment <= 1048576; alignment *= 16) {
            const auto aligned = static_cast<std::align_val_t>(alignment);
            void *block = ::operator new(size, aligned);
            CHECK(block != nullptr && reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
            ::operator delete(block, size, aligned);
        }
    }
    CHECK(held_blocks() == before);
}

void *reserve;

void give_reserve() {
    CHECK(reserve != nullptr);
    handler_calls++;
    ::operator delete(reserve);
    reserve = nullptr;
}

// [new.delete.single]: the handler makes memory available, and the same call of new then succeeds.
void handler_helps() {
    const std::size_t large = std::size_t{64} << 20;
    reserve = ::operator new(large);
    struct rlimit unlimited, limited;
    CHECK(getrlimit(RLIMIT_AS, &unlimited) == 0);
    unsigned long pages = 0;
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    CHECK(file != nullptr && std::fscanf(file, "%lu", &pages) == 1);
    std::fclose(file);
    limited = unlimited;
    limited.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + large / 2; // room for half of another one
    CHECK(setrlimit(RLIMIT_AS, &limited) == 0);
    handler_calls = 0;
    std::set_new_handler(give_reserve);
    void *block = ::operator new(large);
    std::set_new_handler(nullptr);
    CHECK(setrlimit(RLIMIT_AS, &unlimited) == 0);
    CHECK(block != nullptr && handler_calls == 1 && reserve == nullptr);
    ::operator delete(block, large);
}

struct Thrower {
    char content[200];
    Thrower() { throw std::runtime_error("constructor"); }
};

struct alignas(128) Wide {
    unsigned char content[256];
};

void objects() {
    const std::size_t before = held_blocks();
    {
        std::map<std::string, std::vector<int>> map;
        for (int i = 0; i < 1000; i++)
            map["a key long enough to be on the heap " + std::to_string(i)].assign(static_cast<std::size_t>(i % 50), i);
        int sum = 0;
        for (const auto &entry : map)
            for (int value : entry.second)
                sum += value == entry.second.front();
        CHECK(map.size() == 1000 && sum == 24500);
        std::vector<std::unique_ptr<Wide>> wides;
        for (int i = 0; i < 100; i++) {
            wides.push_back(std::make_unique<Wide>());
            CHECK(reinterpret_cast<std::uintptr_t>(wides.back().get()) % 128 == 0);
        }
    }
    const std::size_t after = held_blocks();
    CHECK(after == before);
    bool caught = false;
    try {
        delete new Thrower;
    } catch (const std::runtime_error &) {
        caught = true;
    }
    CHECK(caught);                      // and the compiler's delete has freed the block
    CHECK(held_blocks() <= before + 1); // the C++ library may keep one for exceptions
}

} // namespace

int main() {
    every_form();
    impossible_sizes();
    handler_loop();
    handler_helps();
    sized_deletes();
    objects();
    mp_check();
    return 0;
}
