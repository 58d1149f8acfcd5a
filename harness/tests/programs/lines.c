/*
 * lines.c - a small server for tests and the client that loads it: `lines serve PLACE` gives every line back, `lines
 * ask PLACE COUNT` sends so many, expects them back and prints a rate. PLACE is a path or a port of the loopback.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

typedef union Address {
    struct sockaddr any;
    struct sockaddr_un path;
    struct sockaddr_in port;
} Address;

static int open_socket(const char *place, Address *address, socklen_t *length) {
    *address = (Address){0};
    if (strchr(place, '/') == NULL) {
        address->port.sin_family = AF_INET;
        address->port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address->port.sin_port = htons((uint16_t)atoi(place));
        *length = sizeof address->port;
    } else {
        address->path.sun_family = AF_UNIX;
        (void)snprintf(address->path.sun_path, sizeof address->path.sun_path, "%s", place);
        *length = sizeof address->path;
    }
    int fd = socket(address->any.sa_family, SOCK_STREAM, 0), yes = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return fd;
}

static void answer(int fd) {
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    if (in == NULL || out == NULL)
        exit(1);
    char *line = NULL;
    size_t size = 0;
    for (ssize_t length; (length = getline(&line, &size, in)) > 0;) {
        char *copy = malloc((size_t)length + 1);
        if (copy == NULL)
            exit(1);
        memcpy(copy, line, (size_t)length + 1);
        (void)fputs(copy, out);
        (void)fflush(out);
        free(copy);
    }
    free(line);
    (void)fclose(in);
    (void)fclose(out);
}

static int serve(const char *place) {
    Address address;
    socklen_t length;
    int fd = open_socket(place, &address, &length);
    if (bind(fd, &address.any, length) != 0 || listen(fd, 8) != 0) {
        perror(place);
        return 1;
    }
    for (int client; (client = accept(fd, NULL, NULL)) >= 0;)
        answer(client);
    return 1;
}

static int ask(const char *place, long count) {
    Address address;
    socklen_t length;
    int fd = open_socket(place, &address, &length);
    if (connect(fd, &address.any, length) != 0)
        return 1;
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    char line[64];
    struct timespec begin, end;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    bool good = in != NULL && out != NULL;
    for (long i = 0; i < count && good; i++) {
        (void)fprintf(out, "%ld\n", i);
        (void)fflush(out);
        good = fgets(line, sizeof line, in) != NULL && atol(line) == i;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    (void)printf("%ld lines\nrate: %.1f a second\n", count, (double)count / seconds);
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2]);
    if (argc == 4 && strcmp(argv[1], "ask") == 0)
        return ask(argv[2], atol(argv[3]));
    (void)fprintf(stderr, "usage: lines serve PLACE | lines ask PLACE COUNT\n");
    return 2;
}
