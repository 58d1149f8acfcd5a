/*
 * elf_library.c - see elf_library.h.
 *
 * The dynamic symbols are found the way the loader finds them, through PT_DYNAMIC, so a library without section headers
 * is read as well. Every offset is checked against the file's size: the file may be anything.
 */
#include "elf_library.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Image {
    const char *bytes;
    size_t size;
} Image;

/* A pointer to `length` bytes at `offset`, or NULL when they do not lie in the file or are not aligned for a header. */
static const void *at(const Image *image, uint64_t offset, uint64_t length) {
    if (offset > image->size || length > image->size - offset)
        return NULL;
    return image->bytes + offset;
}

/* The kind of program that this one is; a library must be of the same. */
static bool own_header(ElfW(Ehdr) * header) {
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = read(fd, header, sizeof *header) == (ssize_t)sizeof *header;
    close(fd);
    return good;
}

/* File offset of a virtual address, by the PT_LOAD segments; UINT64_MAX when no segment holds it. */
static uint64_t offset_of(const ElfW(Phdr) * segments, size_t count, uint64_t address) {
    for (size_t i = 0; i < count; i++) {
        if (segments[i].p_type == PT_LOAD && address >= segments[i].p_vaddr &&
            address - segments[i].p_vaddr < segments[i].p_filesz)
            return segments[i].p_offset + (address - segments[i].p_vaddr);
    }
    return UINT64_MAX;
}

/* The number of dynamic symbols, which no field states: from the SysV hash's chain count, else by walking the GNU
 * hash's chains to the last symbol. */
static uint64_t count_symbols(const Image *image, uint64_t sysv_hash, uint64_t gnu_hash) {
    const uint32_t *words = at(image, sysv_hash, 2 * sizeof *words);
    if (words != NULL)
        return words[1];
    const uint32_t *header = at(image, gnu_hash, 4 * sizeof *header);
    if (header == NULL)
        return 0;
    uint32_t bucket_count = header[0], first = header[1], bloom_words = header[2];
    uint64_t buckets_offset = gnu_hash + 16 + (uint64_t)bloom_words * sizeof(ElfW(Addr));
    const uint32_t *buckets = at(image, buckets_offset, (uint64_t)bucket_count * sizeof *buckets);
    if (buckets == NULL)
        return 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < bucket_count; i++)
        last = buckets[i] > last ? buckets[i] : last;
    if (last < first)
        return 0;
    uint64_t chains_offset = buckets_offset + (uint64_t)bucket_count * sizeof *buckets;
    for (;; last++) {
        const uint32_t *chain = at(image, chains_offset + (uint64_t)(last - first) * sizeof *chain, sizeof *chain);
        if (chain == NULL)
            return 0;
        if ((*chain & 1) != 0)
            return (uint64_t)last + 1;
    }
}

static bool is_definition(const ElfW(Sym) * symbol) {
    unsigned type = symbol->st_info & 0xf, binding = symbol->st_info >> 4;
    return symbol->st_shndx != SHN_UNDEF && (binding == STB_GLOBAL || binding == STB_WEAK) &&
           (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

static bool defines(const Image *image, const ElfW(Ehdr) * header, const char *name, bool *is_program) {
    const ElfW(Phdr) *segments = at(image, header->e_phoff, (uint64_t)header->e_phnum * sizeof *segments);
    if (segments == NULL || header->e_phentsize != sizeof *segments)
        return false;
    const ElfW(Dyn) *dynamic = NULL;
    size_t dynamic_count = 0;
    for (size_t i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_DYNAMIC) {
            dynamic = at(image, segments[i].p_offset, segments[i].p_filesz);
            dynamic_count = segments[i].p_filesz / sizeof *dynamic;
        }
    }
    if (dynamic == NULL)
        return false;

    uint64_t symbols_at = UINT64_MAX, strings_at = UINT64_MAX, strings_size = 0;
    uint64_t sysv_hash = UINT64_MAX, gnu_hash = UINT64_MAX;
    for (size_t i = 0; i < dynamic_count && dynamic[i].d_tag != DT_NULL; i++) {
        uint64_t value = dynamic[i].d_un.d_val;
        switch (dynamic[i].d_tag) {
        case DT_SYMTAB:
            symbols_at = offset_of(segments, header->e_phnum, value);
            break;
        case DT_STRTAB:
            strings_at = offset_of(segments, header->e_phnum, value);
            break;
        case DT_STRSZ:
            strings_size = value;
            break;
        case DT_HASH:
            sysv_hash = offset_of(segments, header->e_phnum, value);
            break;
        case DT_GNU_HASH:
            gnu_hash = offset_of(segments, header->e_phnum, value);
            break;
        case DT_FLAGS_1:
            *is_program = (value & DF_1_PIE) != 0;
            break;
        default:
            break;
        }
    }
    uint64_t count = count_symbols(image, sysv_hash, gnu_hash);
    const char *strings = at(image, strings_at, strings_size);
    if (strings == NULL)
        return false;
    size_t length = strlen(name) + 1;
    for (uint64_t i = 0; i < count; i++) {
        const ElfW(Sym) *symbol = at(image, symbols_at + i * sizeof *symbol, sizeof *symbol);
        if (symbol == NULL)
            return false;
        if (is_definition(symbol) && symbol->st_name < strings_size && strings_size - symbol->st_name >= length &&
            memcmp(strings + symbol->st_name, name, length) == 0)
            return true;
    }
    return false;
}

static bool examine(const Image *image, const char *path, char *reason, size_t size) {
    ElfW(Ehdr) own;
    const ElfW(Ehdr) *header = at(image, 0, sizeof *header);
    if (image->size < EI_NIDENT || memcmp(image->bytes, ELFMAG, SELFMAG) != 0) {
        snprintf(reason, size, "%s is no shared library (no ELF header); give the allocator's .so file", path);
        return false;
    }
    if (header == NULL || !own_header(&own) || image->bytes[EI_CLASS] != (char)own.e_ident[EI_CLASS] ||
        image->bytes[EI_DATA] != (char)own.e_ident[EI_DATA] || header->e_machine != own.e_machine) {
        snprintf(reason, size, "%s is built for another kind of machine; build it for this one", path);
        return false;
    }
    bool is_program = false;
    bool defined = defines(image, header, "malloc", &is_program);
    if (header->e_type != ET_DYN || is_program) {
        snprintf(reason, size, "%s is a program or object file, not a shared library; give the allocator's .so", path);
        return false;
    }
    if (!defined) {
        snprintf(reason, size, "%s exports no malloc; give the library that replaces malloc", path);
        return false;
    }
    return true;
}

bool elf_library_provides_malloc(const char *path, char *reason, size_t reason_size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd < 0) {
        snprintf(reason, reason_size, "cannot open %s: %s", path, strerror(errno));
        return false;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
        snprintf(reason, reason_size, "%s is not a regular file with content; give the allocator's .so file", path);
        close(fd);
        return false;
    }
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) {
        snprintf(reason, reason_size, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    Image image = {bytes, (size_t)status.st_size};
    bool good = examine(&image, path, reason, reason_size);
    munmap(bytes, (size_t)status.st_size);
    return good;
}
