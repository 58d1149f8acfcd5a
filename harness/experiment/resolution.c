/*
 * resolution.c - see resolution.h. The executable's file says where its imports stand, /proc/PID/auxv where it was
 * loaded, /proc/PID/mem what the loader wrote, /proc/PID/maps whose address that is.
 */
#include "resolution.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/text.h"

#if UINTPTR_MAX > UINT32_MAX
#define SYMBOL_INDEX(info) ELF64_R_SYM(info)
#else
#define SYMBOL_INDEX(info) ELF32_R_SYM(info)
#endif

typedef ElfW(Ehdr) Header;
typedef ElfW(Phdr) Part;
typedef ElfW(Addr) Address;
typedef ElfW(Dyn) DynamicEntry;
typedef ElfW(Sym) Symbol;
typedef ElfW(Rel) Import;
typedef ElfW(Rela) LongImport;
typedef ElfW(auxv_t) Auxiliary;

typedef struct Executable {
    const unsigned char *bytes;
    size_t size;
    const Header *header;
    Address symbols, strings, tables[3]; /* of relocations; addresses as linked, 0: none */
    size_t lengths[3], entry_sizes[3];
} Executable;

/* The bytes at an address as linked; NULL when the file does not hold so many there. */
static const void *at(const Executable *executable, Address address, size_t length) {
    const Header *header = executable->header;
    for (size_t i = 0; i < header->e_phnum; i++) {
        Part part;
        memcpy(&part, executable->bytes + header->e_phoff + i * sizeof part, sizeof part);
        if (part.p_type != PT_LOAD || address < part.p_vaddr || address - part.p_vaddr >= part.p_filesz)
            continue;
        size_t inside = address - part.p_vaddr;
        if (length <= part.p_filesz - inside && part.p_offset <= executable->size &&
            part.p_filesz <= executable->size - part.p_offset)
            return executable->bytes + part.p_offset + inside;
    }
    return NULL;
}

static bool is_native(const Executable *executable) {
    const Header *header = executable->header;
    return executable->size >= sizeof *header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
           header->e_phentsize == sizeof(Part) && header->e_phoff <= executable->size &&
           header->e_phnum <= (executable->size - header->e_phoff) / sizeof(Part);
}

static void take_dynamic(Executable *executable, const DynamicEntry *entry) {
    switch (entry->d_tag) {
    case DT_SYMTAB:
        executable->symbols = entry->d_un.d_ptr;
        break;
    case DT_STRTAB:
        executable->strings = entry->d_un.d_ptr;
        break;
    case DT_RELA:
        executable->tables[0] = entry->d_un.d_ptr;
        executable->entry_sizes[0] = sizeof(LongImport);
        break;
    case DT_RELASZ:
        executable->lengths[0] = entry->d_un.d_val;
        break;
    case DT_REL:
        executable->tables[1] = entry->d_un.d_ptr;
        executable->entry_sizes[1] = sizeof(Import);
        break;
    case DT_RELSZ:
        executable->lengths[1] = entry->d_un.d_val;
        break;
    case DT_JMPREL:
        executable->tables[2] = entry->d_un.d_ptr;
        break;
    case DT_PLTRELSZ:
        executable->lengths[2] = entry->d_un.d_val;
        break;
    case DT_PLTREL:
        executable->entry_sizes[2] = entry->d_un.d_val == DT_RELA ? sizeof(LongImport) : sizeof(Import);
        break;
    default:
        break;
    }
}

static bool find_tables(Executable *executable) {
    const Header *header = executable->header;
    for (size_t i = 0; i < header->e_phnum; i++) {
        Part part;
        memcpy(&part, executable->bytes + header->e_phoff + i * sizeof part, sizeof part);
        if (part.p_type != PT_DYNAMIC)
            continue;
        for (size_t inside = 0; inside + sizeof(DynamicEntry) <= part.p_filesz; inside += sizeof(DynamicEntry)) {
            const void *bytes = at(executable, part.p_vaddr + inside, sizeof(DynamicEntry));
            if (bytes == NULL)
                return false;
            DynamicEntry entry;
            memcpy(&entry, bytes, sizeof entry);
            if (entry.d_tag == DT_NULL)
                break;
            take_dynamic(executable, &entry);
        }
    }
    return executable->symbols != 0 && executable->strings != 0;
}

static bool is_called(const Executable *executable, size_t index, const char *name) {
    const void *bytes = at(executable, executable->symbols + index * sizeof(Symbol), sizeof(Symbol));
    Symbol symbol;
    if (bytes == NULL)
        return false;
    memcpy(&symbol, bytes, sizeof symbol);
    const char *text = at(executable, executable->strings + symbol.st_name, strlen(name) + 1);
    return text != NULL && memcmp(text, name, strlen(name) + 1) == 0;
}

/* ---- the running process ---- */

static int open_proc(pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* How far from its addresses as linked the executable was loaded. */
static bool find_shift(pid_t pid, const Header *header, Address *shift) {
    int fd = open_proc(pid, "auxv");
    Auxiliary entry;
    bool found = false;
    while (fd >= 0 && !found && read(fd, &entry, sizeof entry) == (ssize_t)sizeof entry && entry.a_type != AT_NULL) {
        found = entry.a_type == AT_ENTRY;
        *shift = (Address)entry.a_un.a_val - header->e_entry;
    }
    if (fd >= 0)
        close(fd);
    return found;
}

/* The file mapped at this address; owned, NULL when it is none. */
static char *file_at(pid_t pid, Address address) {
    int fd = open_proc(pid, "maps");
    FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
    char *line = NULL, *file = NULL;
    size_t capacity = 0;
    ssize_t length;
    while (maps != NULL && file == NULL && (length = getline(&line, &capacity, maps)) > 0) {
        char *rest;
        unsigned long long begin = strtoull(line, &rest, 16), end = *rest == '-' ? strtoull(rest + 1, NULL, 16) : 0;
        const char *path = strchr(line, '/');
        if (address < begin || address >= end)
            continue;
        if (path == NULL)
            break;
        line[length - 1] = '\0';
        file = text_copy(path);
    }
    free(line);
    if (maps != NULL)
        fclose(maps);
    else if (fd >= 0)
        close(fd);
    return file;
}

/* A function that is bound at its first call is imported as an address inside the executable until then. */
static bool is_bound(const Executable *executable, Address shift, Address address) {
    return address != 0 && at(executable, address - shift, 1) == NULL;
}

static Resolution look(const Executable *executable, pid_t pid, const char *name, char **file) {
    Address shift;
    int memory = open_proc(pid, "mem");
    Resolution result =
        memory >= 0 && find_shift(pid, executable->header, &shift) ? RESOLUTION_ABSENT : RESOLUTION_UNKNOWN;
    for (size_t table = 0; table < 3 && result == RESOLUTION_ABSENT; table++) {
        size_t step = executable->entry_sizes[table];
        for (size_t i = 0; step > 0 && (i + 1) * step <= executable->lengths[table]; i++) {
            const void *bytes = at(executable, executable->tables[table] + i * step, step);
            Import import; /* the first part of a LongImport, too */
            Address address;
            if (bytes == NULL)
                break;
            memcpy(&import, bytes, sizeof import);
            if (SYMBOL_INDEX(import.r_info) == 0 || !is_called(executable, SYMBOL_INDEX(import.r_info), name))
                continue;
            if (pread(memory, &address, sizeof address, (off_t)(shift + import.r_offset)) != (ssize_t)sizeof address) {
                result = RESOLUTION_UNKNOWN;
                break;
            }
            if (!is_bound(executable, shift, address))
                continue;
            *file = file_at(pid, address);
            result = *file == NULL ? RESOLUTION_UNKNOWN : RESOLUTION_FOUND;
            break;
        }
    }
    if (memory >= 0)
        close(memory);
    return result;
}

Resolution resolution_of(pid_t pid, const char *symbol, char **file) {
    *file = NULL;
    int fd = open_proc(pid, "exe");
    struct stat status;
    Executable executable = {0};
    Resolution result = RESOLUTION_UNKNOWN;
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0) {
        executable.size = (size_t)status.st_size;
        void *bytes = mmap(NULL, executable.size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED) {
            executable.bytes = bytes;
            executable.header = bytes;
            if (is_native(&executable) && find_tables(&executable))
                result = look(&executable, pid, symbol, file);
            munmap(bytes, executable.size);
        }
    }
    if (fd >= 0)
        close(fd);
    return result;
}
