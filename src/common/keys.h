/* Rows that describe what can be said: the options of a command line, and the lists of KEY=VALUE
 * that some of their values are. One parser reads them all, fills in a struct, and says in one line
 * what is wrong: which option, which key, and what could stand there. */
#ifndef HEXTANT_COMMON_KEYS_H
#define HEXTANT_COMMON_KEYS_H

#include "common/error.h"

/* How a value is read, and where it goes. */
enum key_kind {
    KEY_FLAG,   /* no value: stores 1 */
    KEY_WORD,   /* no value: stores `min` */
    KEY_BIT,    /* no value: sets bit `min` of the field */
    KEY_TEXT,   /* stores the pointer; not empty */
    KEY_ANY,    /* likewise; may be empty */
    KEY_LIST,   /* appends the pointer to an array, at most `max` of them */
    KEY_NUMBER, /* decimal or 0x..., min to max */
    KEY_SIZE,   /* likewise, with a suffix K M G T (powers of 1024); a multiple of 4096 */
    KEY_CHOICE, /* a word of `arg`, "a|b|c": stores its index plus `min` */
    KEY_CALL,   /* `call` with the value, or NULL where `arg` is NULL */
    KEY_EACH,   /* `call` with each part of the value between '+' */
    KEY_HELP    /* answered by whoever parses */
};

/* Takes a value into *into. 0, or -1 with *err saying what was expected ("not a version such as
 * 2.0"); the parser adds the option's and the key's name. */
typedef int (*key_fn)(void *into, const char *value, struct error *err);

/* What a value says of a file: the part before a comma names one that is read, or written; or it is
 * written where the value is "file:PATH"; or read unless the value has a '='. */
enum key_file {
    KEY_NO_FILE,
    KEY_READS,
    KEY_WRITES,
    KEY_WRITES_SPEC,
    KEY_READS_LIST,
    KEY_WRITES_PACKED, /* written, under another name at first (common/packed.h) */
    KEY_WRITES_AT      /* the same, and named behind the last colon */
};

struct key {
    const char *name;
    const char
        *arg; /* a word for the value in texts; KEY_CHOICE: the choices; NULL: takes no value */
    u8 kind;
    u8 width;                 /* bytes of the field */
    u8 topic, commands;       /* options: where --help shows it; who has it, 0: see options.def */
    u8 file;                  /* options: enum key_file */
    char letter;              /* options: the short form -v; 0: none */
    u16 offset, count_offset; /* of the field; of the u32 that counts those of an array */
    u64 min, max;             /* max 0: no limit */
    key_fn call;
    const char *bare; /* the value of a key given without one; NULL: it needs one */
    const char *help;
};

/* Where a value goes: a member of the struct that is filled in. */
#define KEY_AT(type, member) .offset = offsetof(type, member), .width = sizeof(((type *)0)->member)
/* An array of strings, and the u32 that counts them. */
#define KEY_ARRAY(type, member, counter)                                                           \
    .offset = offsetof(type, member), .count_offset = offsetof(type, counter),                     \
    .max = ARRAY_LEN(((type *)0)->member)

struct key_table {
    const char *option; /* "--drive", for messages; NULL: the rows are options themselves */
    const struct key *row;
    u32 num;
    char separator; /* between items; 0: there is one item */
    char assign;    /* between key and value; 0: '=' */
};
#define KEY_TABLE(option_, rows_, separator_)                                                      \
    {                                                                                              \
        .option = (option_), .row = (rows_), .num = ARRAY_LEN(rows_), .separator = (separator_)    \
    }

/* A number, decimal or 0x..., that fills the text; with `suffixes` one of K M G T (powers of 1024,
 * B or iB may follow). 0 or -1. */
enum number_form { NUMBER_PLAIN, NUMBER_SUFFIXES };
int number_parse(const char *text, enum number_form form, u64 *value);
/* The row with this name of `len` bytes, or NULL. */
const struct key *key_find(const struct key_table *t, const char *name, size_t len);
/* Stores a value (NULL where the key has none) as its row says. 0 or -1. */
int key_store(const struct key_table *t, const struct key *row, const char *value, void *into,
              struct error *err);
/* Takes one KEY or KEY=VALUE. What KEY_TEXT and KEY_LIST store points into `item`. 0 or -1. */
int key_take(const struct key_table *t, const char *item, void *into, struct error *err);
/* Takes every item between separators; cuts `text`, into which strings will point. NULL is an empty
 * list. 0 or -1. */
int keys_parse(const struct key_table *t, char *text, void *into, struct error *err);
/* Cuts the first item, a file's name for instance, off the list: the rest, or NULL. */
char *keys_cut(char *text, char separator);

#endif
