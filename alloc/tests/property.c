/*
 * property.c - seeded random operation sequences against a shadow model that knows every live block: none overlaps
 * another, all are aligned, contents survive until the block is freed or moved, calloc is zero; every few thousand
 * operations the heap's own invariants hold, and its statistics are the model's.
 *
 *   property OPERATIONS SEED...
 */
#include "testing.h"

enum { BLOCKS = 1024, CHECK_EVERY = 4096 };
#define LARGEST_BYTES ((size_t)40 << 20)
#define LIVE_LIMIT_BYTES ((size_t)192 << 20)

typedef struct Block {
    unsigned char *address;
    size_t requested;
    size_t usable; /* all of it is filled */
    uint64_t seed;
} Block;

/* The live blocks in the order of their addresses, so that only neighbours can overlap. */
typedef struct Model {
    Block live[BLOCKS];
    size_t count;
    size_t bytes;
    uint64_t random;
    uint64_t seed;
    size_t operation;
} Model;

static Model model;

#define EXPECT(condition, address, size)                                                                               \
    CHECK(condition, "seed %llu, operation %zu, block %p of %zu bytes", (unsigned long long)model.seed,                \
          model.operation, (const void *)(address), (size_t)(size))

static void model_insert(void *address, size_t requested, size_t alignment) {
    EXPECT(address != NULL, address, requested);
    Block block = {address, requested, mp_malloc_usable_size(address), random_next(&model.random)};
    EXPECT(block.usable >= requested, address, requested);
    EXPECT(is_aligned(address, natural_alignment(requested)), address, requested);
    EXPECT(is_aligned(address, alignment), address, requested);
    content_fill(address, block.usable, block.seed);

    size_t low = 0, high = model.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (model.live[middle].address < block.address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0)
        EXPECT(model.live[low - 1].address + model.live[low - 1].usable <= block.address, address, requested);
    if (low < model.count)
        EXPECT(block.address + block.usable <= model.live[low].address, address, requested);
    memmove(&model.live[low + 1], &model.live[low], (model.count - low) * sizeof(Block));
    model.live[low] = block;
    model.count++;
    model.bytes += block.usable;
}

/* Takes a block out of the model, verified whole; the caller then frees it or gives it to realloc. */
static Block model_remove(size_t index) {
    Block block = model.live[index];
    EXPECT(mp_malloc_usable_size(block.address) == block.usable, block.address, block.requested);
    EXPECT(content_wrong(block.address, block.usable, block.usable, block.seed) == SIZE_MAX, block.address,
           block.requested);
    model.count--;
    model.bytes -= block.usable;
    memmove(&model.live[index], &model.live[index + 1], (model.count - index) * sizeof(Block));
    return block;
}

/* Mostly small, as programs ask, with a tail up to the sizes that are mapped directly. */
static size_t size_of_choice(void) {
    size_t choice = random_below(&model.random, 1000);
    if (choice < 500)
        return random_below(&model.random, 257);
    if (choice < 960)
        return random_size(&model.random, 64 << 10);
    if (choice < 998)
        return random_size(&model.random, 2 << 20);
    return random_below(&model.random, LARGEST_BYTES);
}

static void allocate(void) {
    size_t size = size_of_choice();
    size_t choice = random_below(&model.random, 100);
    if (choice < 60) {
        model_insert(mp_malloc(size), size, 1);
    } else if (choice < 85) {
        size_t count = 1 + random_below(&model.random, 8);
        size_t each = size / count;
        void *block = mp_calloc(count, each);
        EXPECT(block != NULL && all_zero(block, count * each), block, count * each);
        model_insert(block, count * each, 1);
    } else if (choice < 95) {
        size_t alignment = (size_t)1 << random_below(&model.random, 17);
        model_insert(mp_aligned_alloc(alignment, size), size, alignment);
    } else {
        size_t alignment = sizeof(void *) << random_below(&model.random, 20);
        void *block = NULL;
        EXPECT(mp_posix_memalign(&block, alignment, size) == 0, block, size);
        model_insert(block, size, alignment);
    }
}

static void reallocate(void) {
    Block block = model_remove(random_below(&model.random, model.count));
    size_t size =
        random_below(&model.random, 4) == 0 ? block.requested + random_below(&model.random, 64) : size_of_choice();
    void *moved = mp_realloc(block.address, size);
    if (size == 0) {
        EXPECT(moved == NULL, block.address, size);
        return;
    }
    EXPECT(moved != NULL, block.address, size);
    EXPECT(content_wrong(moved, block.usable, size < block.requested ? size : block.requested, block.seed) == SIZE_MAX,
           moved, size);
    model_insert(moved, size, 1);
}

static void release(void) {
    Block block = model_remove(random_below(&model.random, model.count));
    if (random_below(&model.random, 8) == 0)
        EXPECT(mp_realloc(block.address, 0) == NULL, block.address, block.requested);
    else
        mp_free(block.address);
}

/* What the statistics say is what the model knows, to the block and the byte, and every mapped byte is in one place. */
static void expect_true_statistics(const mp_stats *before) {
    mp_stats now;
    mp_stats_get(&now);
    CHECK(now.allocated_blocks - before->allocated_blocks == model.count,
          "seed %llu, operation %zu: %zu blocks, not %zu", (unsigned long long)model.seed, model.operation, model.count,
          now.allocated_blocks - before->allocated_blocks);
    CHECK(holds_usable(now.allocated_bytes - before->allocated_bytes, model.bytes),
          "seed %llu, operation %zu: %zu bytes, not %zu", (unsigned long long)model.seed, model.operation, model.bytes,
          now.allocated_bytes - before->allocated_bytes);
    CHECK(now.span_bytes + now.page_heap_dirty_bytes + now.page_heap_clean_bytes == now.mapped_bytes,
          "%zu in spans, %zu dirty, %zu clean, %zu mapped", now.span_bytes, now.page_heap_dirty_bytes,
          now.page_heap_clean_bytes, now.mapped_bytes);
}

static void run(size_t operations, uint64_t seed) {
    memset(&model, 0, sizeof(model));
    model.seed = seed;
    model.random = seed;
    mp_stats before;
    mp_stats_get(&before);
    /* The target wanders, so that the heap grows and shrinks by phases instead of staying at one size. */
    size_t target = BLOCKS / 2;
    for (model.operation = 0; model.operation < operations; model.operation++) {
        if (model.operation % 5000 == 0)
            target = random_below(&model.random, BLOCKS - 1);
        size_t choice = random_below(&model.random, 100);
        int may_grow = model.count < BLOCKS && model.bytes < LIVE_LIMIT_BYTES;
        if (model.count > 0 && choice < 20)
            reallocate();
        else if (may_grow && (model.count == 0 || (model.count < target ? choice < 80 : choice < 45)))
            allocate();
        else if (model.count > 0)
            release();
        if (model.operation % CHECK_EVERY == 0) {
            mp_check();
            expect_true_statistics(&before);
        }
        if (model.operation % 20000 == 19999)
            mp_malloc_trim(random_below(&model.random, 1 << 20));
    }
    expect_true_statistics(&before);
    while (model.count > 0)
        mp_free(model_remove(model.count - 1).address);
    mp_check();
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: property OPERATIONS SEED...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        run((size_t)strtoull(argv[1], NULL, 10), strtoull(argv[i], NULL, 10));
    return 0;
}
