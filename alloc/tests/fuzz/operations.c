/*
 * operations.c - the bytes that a fuzzer makes up, read as operations on the allocator: four bytes each, which
 * function, which of the blocks, how large. Contents, alignment, zeroing and usable sizes are verified, and the
 * statistics and invariants at the end.
 *
 * Linked with libFuzzer it is a fuzzer. With FUZZ_REPLAY it has a main() that runs the files of folders: the committed
 * corpus is a test under every compiler.
 */
#include "../testing.h"

enum { BLOCKS = 48, BYTES_AN_OPERATION = 4 };
#define HELD_LIMIT_BYTES ((size_t)64 << 20)

typedef struct Block {
    unsigned char *address;
    size_t usable;
    uint64_t seed;
} Block;

typedef struct Model {
    Block blocks[BLOCKS];
    size_t count, bytes;
    uint64_t seed;
} Model;

/* Around powers of two, where classes and pages end, or anything below 64 KiB; up to 34 MiB, a mapping of its own. */
static size_t size_of(unsigned code) {
    if ((code & 0x8000) == 0)
        return code * 2;
    size_t power = (size_t)1 << (code & 31) % 26, offset = code >> 5 & 1023;
    size_t size = power + offset > 512 ? power + offset - 512 : power;
    return (code & 31) == 31 ? ((size_t)33 << 20) + offset * 1024 : size;
}

static void insert(Model *model, Block *block, void *address, size_t size, size_t alignment) {
    CHECK(address != NULL, "%zu bytes", size);
    CHECK(is_aligned(address, alignment) && is_aligned(address, natural_alignment(size)), "%p of %zu bytes", address,
          size);
    *block = (Block){address, mp_malloc_usable_size(address), ++model->seed};
    CHECK(block->usable >= size, "%zu of %zu bytes", block->usable, size);
    content_fill(address, block->usable, block->seed);
    model->count++;
    model->bytes += block->usable;
}

/* Out of the model and verified; the caller then frees or reallocates it. */
static Block take_out(Model *model, Block *block) {
    Block taken = *block;
    CHECK(mp_malloc_usable_size(taken.address) == taken.usable, "%p", (void *)taken.address);
    CHECK(content_wrong(taken.address, taken.usable, taken.usable, taken.seed) == SIZE_MAX, "%p of %zu bytes",
          (void *)taken.address, taken.usable);
    model->count--;
    model->bytes -= taken.usable;
    block->address = NULL;
    return taken;
}

static void operate_on_block(Model *model, Block *block, unsigned function, size_t size) {
    Block taken = take_out(model, block);
    if (function % 4 != 0 && size != 0) {
        void *moved = mp_realloc(taken.address, size);
        size_t kept = size < taken.usable ? size : taken.usable;
        CHECK(moved != NULL, "%zu bytes", size);
        CHECK(content_wrong(moved, taken.usable, kept, taken.seed) == SIZE_MAX, "%zu to %zu bytes", taken.usable, size);
        insert(model, block, moved, size, 1);
    } else if (size == 0) {
        CHECK(mp_realloc(taken.address, 0) == NULL, "%p", (void *)taken.address);
    } else {
        mp_free(taken.address);
    }
}

static void allocate(Model *model, Block *block, unsigned function, size_t size) {
    size_t alignment = (size_t)1 << function % 18;
    void *address = NULL;
    switch (function % 5) {
    case 0:
        address = mp_calloc(1, size);
        CHECK(address != NULL && all_zero(address, size), "%zu bytes", size);
        insert(model, block, address, size, 1);
        break;
    case 1:
        insert(model, block, mp_aligned_alloc(alignment, size), size, alignment);
        break;
    case 2:
        CHECK(mp_posix_memalign(&address, alignment * 8, size) == 0, "%zu bytes", size);
        insert(model, block, address, size, alignment * 8);
        break;
    default:
        insert(model, block, mp_malloc(size), size, 1);
        break;
    }
}

static void expect_true_statistics(const Model *model, const mp_stats *before) {
    mp_stats now;
    mp_check();
    mp_stats_get(&now);
    CHECK(now.allocated_blocks - before->allocated_blocks == model->count, "%zu blocks, not %zu", model->count,
          now.allocated_blocks - before->allocated_blocks);
    CHECK(now.allocated_bytes - before->allocated_bytes == model->bytes, "%zu bytes, not %zu", model->bytes,
          now.allocated_bytes - before->allocated_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Model model = {.seed = size};
    mp_stats before;
    mp_stats_get(&before);
    for (; size >= BYTES_AN_OPERATION; data += BYTES_AN_OPERATION, size -= BYTES_AN_OPERATION) {
        unsigned function = data[0];
        Block *block = &model.blocks[data[1] % BLOCKS];
        size_t bytes = size_of((unsigned)data[2] << 8 | data[3]);
        if (function == 255)
            mp_malloc_trim(bytes);
        else if (function == 254)
            expect_true_statistics(&model, &before);
        else if (block->address != NULL)
            operate_on_block(&model, block, function, model.bytes + bytes > HELD_LIMIT_BYTES ? 1 : bytes);
        else if (model.bytes + bytes <= HELD_LIMIT_BYTES)
            allocate(&model, block, function, bytes);
    }
    expect_true_statistics(&model, &before);
    for (size_t i = 0; i < BLOCKS; i++)
        if (model.blocks[i].address != NULL)
            mp_free(take_out(&model, &model.blocks[i]).address);
    expect_true_statistics(&model, &before);
    return 0;
}

#ifdef FUZZ_REPLAY
#include <dirent.h>

static void replay(const char *path) {
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL, "%s", path);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
}

int main(int argc, char **argv) {
    size_t files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        CHECK(folder != NULL, "%s", argv[i]);
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path[4096];
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            replay(path);
            files++;
        }
        closedir(folder);
    }
    CHECK(files > 0, "no files in %d folders", argc - 1);
    return 0;
}
#endif
