/*
 * svg_inline.c - one pass over the tags of a picture. What is taken out are elements that gnuplot writes for every
 * picture or between any two things it draws; the rest is copied as it is.
 */
#include "svg_inline.h"

#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "html.h"

/* The picture as it grows, and where its open groups begin: a group that holds nothing when it ends is taken back. */
typedef struct Picture {
    char *text;
    size_t length, capacity, *group, *content, depth, room;
    const ChartTips *tips;
    size_t page;
} Picture;

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* The value of an attribute of this tag; owned, "" when it has none. */
static char *attribute(const char *tag, const char *name) {
    const char *end = strchr(tag, '>');
    char *search = text_format("%s=\"", name);
    const char *at = strstr(tag, search);
    at = at && end && at < end ? at + strlen(search) : NULL;
    char *value = at ? text_copy_part(at, strcspn(at, "\"")) : text_copy("");
    free(search);
    return value;
}

/* What every group of gnuplot's says again is said once for the whole picture, or by the page's style for texts. */
#define COMMON " fill=\"none\" color=\"black\" stroke=\"currentColor\""
static const char *const REPEATED[] = {COMMON, " stroke-width=\"1.00\"", " stroke-linecap=\"butt\"",
                                       " stroke-linejoin=\"miter\"", " font-family=\"sans-serif\""};

static size_t repeated_here(const char *at) {
    for (size_t i = 0; i < sizeof REPEATED / sizeof *REPEATED; i++)
        if (starts(at, REPEATED[i]))
            return strlen(REPEATED[i]);
    return 0;
}

static void append(Picture *picture, const char *text, size_t length) {
    if (picture->length + length > picture->capacity) { /* tips are longer than what is left out */
        picture->capacity = 2 * (picture->length + length);
        picture->text = grow(picture->text, picture->capacity, 1);
    }
    memcpy(picture->text + picture->length, text, length);
    picture->length += length;
}

/* A tag without what is repeated, and without white space that separates nothing. */
static void append_tag(Picture *picture, const char *tag, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t skipped = repeated_here(tag + i);
        char last = picture->text[picture->length - (picture->length > 0)];
        if (skipped) {
            i += skipped;
        } else if (!strchr(" \t\r\n", tag[i])) {
            append(picture, &tag[i++], 1);
        } else {
            i += strspn(tag + i, " \t\r\n");
            if (!strchr("(,=", last) && !strchr("='/>", tag[i]))
                append(picture, " ", 1);
        }
    }
}

/* The element that has just been appended, which ends in "/>", gets a title. */
static void append_tip(Picture *picture, const char *name, const char *tip) {
    char *title = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&title, &length);
    if (!memory || picture->length < 2)
        return;
    html_put(memory, "><title>$</title></$>", tip, name);
    fclose(memory);
    picture->length -= 2;
    append(picture, title, length);
    free(title);
}

/* A mark or a path. */
static void append_drawn(Picture *picture, const char *tag, size_t length) {
    bool mark = starts(tag, "<use ");
    append_tag(picture, tag, length);
    const char *tip = mark || starts(tag, "<path ") ? chart_tip_of(picture->tips, picture->page, tag, length) : NULL;
    if (tip)
        append_tip(picture, mark ? "use" : "path", tip);
}

/* A path that only moves: the place of a tic of no length. */
static bool draws_nothing(const char *tag, size_t length) {
    const char *data = starts(tag, "<path") ? strstr(tag, " d='M") : NULL;
    return data && data < tag + length && data[5 + strspn(data + 5, "0123456789.,- ")] == '\'';
}

static void open_group(Picture *picture, const char *tag, size_t length) {
    if (picture->depth == picture->room) {
        picture->room = picture->room ? 2 * picture->room : 16;
        picture->group = grow(picture->group, picture->room, sizeof *picture->group);
        picture->content = grow(picture->content, picture->room, sizeof *picture->content);
    }
    picture->group[picture->depth] = picture->length;
    if (starts(tag, "<g id="))
        append(picture, "<g>", 3);
    else
        append_tag(picture, tag, length);
    picture->content[picture->depth++] = picture->length;
}

static void close_group(Picture *picture) {
    if (picture->depth == 0)
        return;
    picture->depth--;
    if (picture->length == picture->content[picture->depth])
        picture->length = picture->group[picture->depth];
    else
        append(picture, "</g>", 4);
}

/* Behind the element that begins here; its end tag is `end`. */
static const char *behind(const char *at, const char *end) {
    const char *found = strstr(at, end);
    return found ? found + strlen(end) : at + strlen(at);
}

/* One tag, or the text before the next; returns what follows it. */
static const char *copy_piece(Picture *picture, const char *at) {
    size_t length;
    if (*at != '<') {
        length = strcspn(at, "<");
        bool blank = strspn(at, " \t\r\n") >= length;
        if (!blank)
            append(picture, at, length);
        return at + length;
    }
    if (starts(at, "<title>"))
        return behind(at, "</title>");
    if (starts(at, "<desc>"))
        return behind(at, "</desc>");
    if (starts(at, "<defs>"))
        return behind(at, "</defs>");
    length = strcspn(at, ">");
    length += at[length] == '>';
    if (starts(at, "<rect x=\"0\" y=\"0\""))
        return at + length;
    if (starts(at, "</g>"))
        close_group(picture);
    else if (starts(at, "<g ") || starts(at, "<g>"))
        open_group(picture, at, length);
    else if (!draws_nothing(at, length))
        append_drawn(picture, at, length);
    return at + length;
}

void svg_inline(FILE *out, const char *svg, const char *label, const ChartTips *tips, size_t page) {
    const char *at = strstr(svg, "<svg"), *end = at ? strstr(at, "</svg>") : NULL;
    if (!end)
        return;
    char *view = attribute(at, "viewBox");
    html_put(out, "<svg viewBox=\"$\" role=\"img\" aria-label=\"$\"" COMMON ">", view, label);
    free(view);
    at = behind(at, ">");
    Picture picture = {.capacity = (size_t)(end - at) + 1, .tips = tips, .page = page};
    picture.text = zeroed(picture.capacity, 1);
    while (at < end)
        at = copy_piece(&picture, at);
    fwrite(picture.text, 1, picture.length, out);
    fputs("</svg>\n", out);
    free(picture.text);
    free(picture.group);
    free(picture.content);
}

void svg_inline_marks(FILE *out, const char *svg) {
    const char *begin = strstr(svg, "<defs>"), *end = begin ? behind(begin, "</defs>") : NULL;
    if (end)
        fprintf(out, "<svg class=\"marks\" aria-hidden=\"true\" width=\"0\" height=\"0\">%.*s</svg>\n",
                (int)(end - begin), begin);
}
