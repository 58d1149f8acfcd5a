/*
 * elf_program.c - see elf_program.h.
 */
#include "elf_program.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../store/text.h"

/* The interpreter of a script whose first bytes these are; owned, NULL when it is no script. */
static char *interpreter_of(const char *head, size_t length) {
    if (length < 2 || memcmp(head, "#!", 2) != 0)
        return NULL;
    char *line = text_copy_part(head + 2, length - 2);
    line[strcspn(line, "\n")] = '\0';
    const char *start = line + strspn(line, " \t");
    char *path = text_copy_part(start, strcspn(start, " \t"));
    free(line);
    return path;
}

/* False when the program headers say that no loader is asked for; true when they cannot be read. */
static bool asks_for_loader(int fd, const ElfW(Ehdr) * header) {
    for (size_t i = 0; i < header->e_phnum; i++) {
        ElfW(Phdr) segment;
        off_t offset = (off_t)(header->e_phoff + i * sizeof segment);
        if (pread(fd, &segment, sizeof segment, offset) != (ssize_t)sizeof segment || segment.p_type == PT_INTERP)
            return true;
    }
    return false;
}

/* Interpreters of interpreters are not followed: they may go in a circle. */
static char *closed(const char *path, bool is_interpreter) {
    struct stat status;
    char head[256] = "";
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    ssize_t length = pread(fd, head, sizeof head, 0);
    char *interpreter = length < 0 ? NULL : interpreter_of(head, (size_t)length), *reason = NULL;
    ElfW(Ehdr) header;
    bool is_elf = length >= (ssize_t)sizeof header && memcmp(head, ELFMAG, SELFMAG) == 0;
    memcpy(&header, head, sizeof header);
    if (interpreter != NULL) { /* the kernel takes no setuid bit from a script */
        reason = is_interpreter ? NULL : closed(interpreter, true);
    } else if (length >= 0 && !is_elf) {
        reason = text_format("%s is neither a program nor a script with a #! line; write 'sh %s' for a shell script",
                             path, path);
    } else if (fstat(fd, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0) {
        reason = text_format("%s is setuid or setgid, so nothing is preloaded into it; measure a copy without that bit",
                             path);
    } else if (fgetxattr(fd, "security.capability", NULL, 0) > 0) {
        reason =
            text_format("%s has file capabilities, so nothing is preloaded into it; measure a copy without them", path);
    } else if (is_elf && header.e_phentsize == sizeof(ElfW(Phdr)) && !asks_for_loader(fd, &header)) {
        reason = text_format("%s is linked statically, so its malloc cannot be replaced; link it dynamically", path);
    }
    free(interpreter);
    close(fd);
    return reason;
}

char *elf_program_closed(const char *path) {
    return closed(path, false);
}
