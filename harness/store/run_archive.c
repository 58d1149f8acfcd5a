/*
 * run_archive.c - see run_archive.h.
 */
#include "run_archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

static bool fail(StoreError *error, const char *path, const char *what) {
    snprintf(error->text, sizeof error->text, "%s: %s", path, what);
    return false;
}

void archive_files_add(ArchiveFiles *files, char *name, char *data, size_t length) {
    files->items = grow(files->items, files->count + 1, sizeof *files->items);
    files->items[files->count++] = (ArchiveFile){name, data, length};
}

void archive_files_release(ArchiveFiles *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        free(files->items[i].data);
    }
    free(files->items);
    *files = (ArchiveFiles){0};
}

static bool ends_in(const char *text, const char *ending) {
    size_t length = strlen(text), wanted = strlen(ending);
    return length > wanted && strcmp(text + length - wanted, ending) == 0;
}

const char *run_archive_compression(const char *path) {
    if (ends_in(path, ".tar.zst"))
        return "zstd";
    return ends_in(path, ".tar.gz") || ends_in(path, ".tgz") ? "gzip" : NULL;
}

#if HAVE_LIBARCHIVE

#include <archive.h>
#include <archive_entry.h>
#include <nettle/sha2.h>

#define SUMS_NAME "SHA256SUMS"

/* More than any run needs, and little enough for every machine that could have measured one. */
static const int64_t UNPACKED_LIMIT_BYTES = INT64_C(1) << 30;
enum { MEMBER_LIMIT = 10000 };

bool run_archive_supported(void) {
    return true;
}

static int by_name(const void *left, const void *right) {
    return strcmp(((const ArchiveFile *)left)->name, ((const ArchiveFile *)right)->name);
}

static void hex_digest(const char *data, size_t length, char hex[2 * SHA256_DIGEST_SIZE + 1]) {
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, length, (const uint8_t *)data);
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* ---- writing ---- */

/* As sha256sum writes it, so that `sha256sum -c` checks an unpacked folder. */
static void add_sums(ArchiveFiles *files) {
    char *text = text_copy("");
    qsort(files->items, files->count, sizeof *files->items, by_name);
    for (size_t i = 0; i < files->count; i++) {
        char hex[2 * SHA256_DIGEST_SIZE + 1];
        hex_digest(files->items[i].data, files->items[i].length, hex);
        char *longer = text_format("%s%s  %s\n", text, hex, files->items[i].name);
        free(text);
        text = longer;
    }
    archive_files_add(files, text_copy(SUMS_NAME), text, strlen(text));
    qsort(files->items, files->count, sizeof *files->items, by_name);
}

static bool write_member(struct archive *out, const char *folder, int64_t time_s, const ArchiveFile *file) {
    struct archive_entry *entry = archive_entry_new();
    char *path = text_format("%s/%s", folder, file->name);
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, (time_t)time_s, 0);
    archive_entry_set_size(entry, (la_int64_t)file->length);
    bool good = archive_write_header(out, entry) == ARCHIVE_OK &&
                archive_write_data(out, file->data, file->length) == (la_ssize_t)file->length;
    free(path);
    archive_entry_free(entry);
    return good;
}

/* The gzip header would carry the moment of writing. */
static bool open_compressed(struct archive *out, const char *compression, int fd) {
    bool zstd = strcmp(compression, "zstd") == 0;
    return archive_write_set_format_pax_restricted(out) == ARCHIVE_OK &&
           (zstd ? archive_write_add_filter_zstd(out) : archive_write_add_filter_gzip(out)) == ARCHIVE_OK &&
           archive_write_set_filter_option(out, compression, "compression-level", zstd ? "12" : "9") == ARCHIVE_OK &&
           (zstd || archive_write_set_filter_option(out, "gzip", "timestamp", NULL) == ARCHIVE_OK) &&
           archive_write_open_fd(out, fd) == ARCHIVE_OK;
}

static bool write_to(int fd, const char *aside, const char *folder, const char *compression, int64_t time_s,
                     const ArchiveFiles *files, StoreError *error) {
    struct archive *out = archive_write_new();
    bool good = open_compressed(out, compression, fd);
    for (size_t i = 0; i < files->count && good; i++)
        good = write_member(out, folder, time_s, &files->items[i]);
    good = good && archive_write_close(out) == ARCHIVE_OK;
    if (!good)
        fail(error, aside, archive_error_string(out) == NULL ? "cannot be written" : archive_error_string(out));
    archive_write_free(out);
    if (good && fsync(fd) != 0)
        good = fail(error, aside, strerror(errno));
    return good;
}

bool run_archive_write(const char *path, const char *folder, int64_t time_s, ArchiveFiles *files, bool replace,
                       StoreError *error) {
    const char *compression = run_archive_compression(path);
    if (compression == NULL)
        return fail(error, path, "the name must end in .tar.zst, .tar.gz or .tgz");
    if (!replace && access(path, F_OK) == 0)
        return fail(error, path, "exists already; choose another name with -o, or replace it with --force");
    size_t bytes = 0;
    for (size_t i = 0; i < files->count; i++)
        bytes += files->items[i].length;
    if (bytes > (size_t)UNPACKED_LIMIT_BYTES || files->count + 1 > MEMBER_LIMIT)
        return fail(error, path,
                    "over 1 GiB or 10,000 files, which no reader would unpack; delete the charts, or use tar");
    add_sums(files);
    char *aside = text_format("%s.XXXXXX", path);
    int fd = mkstemp(aside);
    if (fd < 0) {
        free(aside);
        return fail(error, path, strerror(errno));
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    bool good = write_to(fd, path, folder, compression, time_s, files, error) && fchmod(fd, 0666 & ~mask) == 0;
    close(fd);
    /* link() refuses where a file has appeared meanwhile, which rename() would replace. */
    if (good && (replace ? rename(aside, path) : link(aside, path)) != 0)
        good = fail(error, path, strerror(errno));
    (void)unlink(aside);
    free(aside);
    return good;
}

/* ---- reading ---- */

typedef struct Unpacking {
    const char *path;
    StoreError *error;
    char *folder; /* the one folder that all members lie in; NULL before the first */
    ArchiveFile meta, samples, sums;
    ArchiveFiles hashes; /* of every file: its name, and its digest as data */
    int64_t bytes;
    size_t members;
} Unpacking;

static bool refuse(const Unpacking *unpacking, const char *what) {
    return fail(unpacking->error, unpacking->path, what);
}

static bool leads_out(const char *name) {
    if (*name == '/')
        return true;
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += *part == '/' ? 1 : 0;
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

/* The member's name below the archive's one folder; NULL when it lies in another. */
static const char *name_in_folder(Unpacking *unpacking, const char *name) {
    if (strncmp(name, "./", 2) == 0)
        name += 2;
    size_t length = strcspn(name, "/");
    if (name[length] == '\0')
        return NULL;
    if (unpacking->folder == NULL)
        unpacking->folder = text_copy_part(name, length);
    bool same = strlen(unpacking->folder) == length && strncmp(unpacking->folder, name, length) == 0;
    return same ? name + length + 1 : NULL;
}

static char *read_data(struct archive *in, size_t length) {
    char *data = zeroed(length + 1, 1);
    for (size_t done = 0; done < length;) {
        la_ssize_t got = archive_read_data(in, data + done, length - done);
        if (got <= 0) {
            free(data);
            return NULL;
        }
        done += (size_t)got;
    }
    return data;
}

/* Takes `data`. */
static bool keep_member(Unpacking *unpacking, const char *name, char *data, size_t length) {
    ArchiveFile *kept = strcmp(name, "run.json") == 0        ? &unpacking->meta
                        : strcmp(name, "samples.jsonl") == 0 ? &unpacking->samples
                        : strcmp(name, SUMS_NAME) == 0       ? &unpacking->sums
                                                             : NULL;
    if (kept != &unpacking->sums) {
        char *hex = zeroed(2 * SHA256_DIGEST_SIZE + 1, 1);
        hex_digest(data, length, hex);
        archive_files_add(&unpacking->hashes, text_copy(name), hex, 0);
    }
    if (kept == NULL) {
        free(data);
        return true;
    }
    if (kept->data != NULL) {
        free(data);
        return refuse(unpacking, "holds a file twice; this is no archive that 'allocbench bundle' wrote");
    }
    *kept = (ArchiveFile){text_copy(name), data, length};
    return true;
}

static bool take_member(Unpacking *unpacking, struct archive *in, struct archive_entry *entry) {
    const char *path = archive_entry_pathname(entry);
    int64_t size = archive_entry_size(entry);
    if (path == NULL || leads_out(path))
        return refuse(unpacking, "holds a name that leads out of its folder; do not trust this archive");
    if (++unpacking->members > MEMBER_LIMIT)
        return refuse(unpacking, "holds more files than any run; this is no archive of a run");
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return true;
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL)
        return refuse(unpacking, "holds a link or a device; an archive of a run has only files");
    if (size < 0 || size > UNPACKED_LIMIT_BYTES - unpacking->bytes)
        return refuse(unpacking, "would unpack to more than 1 GiB; this is no archive of a run");
    unpacking->bytes += size;
    const char *name = name_in_folder(unpacking, path);
    if (name == NULL)
        return refuse(unpacking, "is no archive of a run: it must hold one folder with run.json in it");
    char *data = read_data(in, (size_t)size);
    if (data == NULL)
        return refuse(unpacking, "is cut short or damaged; get it again");
    return keep_member(unpacking, name, data, (size_t)size);
}

/* Whether a line of SHA256SUMS ends with this name. */
static bool sums_list(const char *line, const char *name) {
    for (size_t want = strlen(name); line != NULL && *line != '\0'; line += line[0] == '\n' ? 1 : 0) {
        size_t length = strcspn(line, "\n");
        if (length > want + 2 && strncmp(line + length - want, name, want) == 0 && line[length - want - 1] == ' ')
            return true;
        line += length;
    }
    return false;
}

/* Every line of SHA256SUMS names a file that is there and is what it was, and what is read is among them. An archive
 * without, packed by hand, is taken as it is. */
static bool sums_hold(const Unpacking *unpacking) {
    if (unpacking->sums.data != NULL &&
        (!sums_list(unpacking->sums.data, "run.json") || !sums_list(unpacking->sums.data, "samples.jsonl")))
        return refuse(unpacking, "has a " SUMS_NAME " that lacks a file of the run; get it again");
    for (const char *line = unpacking->sums.data; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        bool found = false;
        for (size_t i = 0; i < unpacking->hashes.count && !found; i++) {
            const ArchiveFile *file = &unpacking->hashes.items[i];
            char *expected = text_format("%s  %s", file->data, file->name);
            found = strlen(expected) == length && strncmp(expected, line, length) == 0;
            free(expected);
        }
        if (!found)
            return refuse(unpacking, "a file in it is not what its " SUMS_NAME " says; get it again");
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    return true;
}

static bool take_members(Unpacking *unpacking, struct archive *in) {
    for (;;) {
        struct archive_entry *entry;
        int code = archive_read_next_header(in, &entry);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK && unpacking->members == 0)
            return refuse(unpacking,
                          "is neither the folder of a run nor a .tar.zst or .tar.gz that 'allocbench bundle' "
                          "wrote, or is damaged");
        if (code != ARCHIVE_OK)
            return refuse(unpacking, "is cut short or damaged; get it again");
        if (!take_member(unpacking, in, entry))
            return false;
    }
    if (unpacking->meta.data == NULL || unpacking->samples.data == NULL)
        return refuse(unpacking, "is no archive of a run: it must hold one folder with run.json and samples.jsonl");
    return sums_hold(unpacking);
}

bool run_archive_read(const char *path, ArchiveFiles *files, StoreError *error) {
    Unpacking unpacking = {.path = path, .error = error};
    struct archive *in = archive_read_new();
    archive_read_support_filter_gzip(in);
    archive_read_support_filter_zstd(in);
    archive_read_support_format_tar(in);
    bool good =
        archive_read_open_filename(in, path, 1 << 16) == ARCHIVE_OK
            ? take_members(&unpacking, in)
            : refuse(&unpacking, access(path, R_OK) != 0 ? strerror(errno)
                                                         : "is neither the folder of a run nor an archive of one");
    archive_read_free(in);
    ArchiveFile *kept[] = {&unpacking.meta, &unpacking.samples, &unpacking.sums};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (good && kept[i] != &unpacking.sums) {
            archive_files_add(files, kept[i]->name, kept[i]->data, kept[i]->length);
        } else {
            free(kept[i]->name);
            free(kept[i]->data);
        }
    }
    archive_files_release(&unpacking.hashes);
    free(unpacking.folder);
    return good;
}

#else

static const char MISSING[] =
    "archives need libarchive, which this allocbench was built without: apt-get install libarchive-dev nettle-dev and "
    "build again, or pack and unpack by hand with tar";

bool run_archive_supported(void) {
    return false;
}

bool run_archive_write(const char *path, const char *folder, int64_t time_s, ArchiveFiles *files, bool replace,
                       StoreError *error) {
    (void)folder;
    (void)time_s;
    (void)files;
    (void)replace;
    return fail(error, path, MISSING);
}

bool run_archive_read(const char *path, ArchiveFiles *files, StoreError *error) {
    (void)files;
    return fail(error, path, MISSING);
}

#endif
