/*
 * span.pml - the protocol on a Span's control word, for Spin: one span, its life again and again in two classes, threads
 * that do any of the operations below in any order, for ever. run.sh says with how many threads and objects.
 *
 * A label at the beginning of a line, or an inline, is the function of alloc/src whose steps it takes (run.sh sees that
 * there is one of that name). Every load or store that another thread can race with is a step of its own; what touches
 * only the thread's own, or only lets a lock go, may be one step with it:
 *
 *   model                    stands for
 *   new_span                 new_span(), page_heap_allocate(), span_begin(), span_carve()
 *   thread_spans_next        thread_spans_next() for a span that the thread owns, span_take(), put_down()
 *   central_cache_adopt      the same for one of a CentralFreeList; and purge() with central_cache_take_hollow()
 *   central_cache_retire     central_cache_retire(), and put_down() when objects came back meanwhile
 *   central_cache_accept     central_cache_accept(): thread_spans_give_away(), as in thread_spans_half_empty(),
 *                            thread_spans_give_all(), give_last(), purge() and in the child of a fork()
 *   free_uncommon            free_uncommon() and free_chain(): whose span is it?
 *   span_push                span_push(), thread_spans_empty()
 *   central_cache_free       central_cache_free()
 *   look                     look()
 *   thread_spans_return      thread_spans_return(), page_heap_free()
 *   bits, list, listed       Span.remote_bits; Span.free_list and what is not carved; CentralFreeList.buckets
 *   alive                    ThreadCache.in_use: the thread has that cache, or another that came after it
 *
 * What must hold: the assertions. Where they stand in a step, always; in quiet(), whenever nobody is amid an operation,
 * which includes every way in which all threads can sleep or end:
 *   - no object is handed out twice or freed twice, none is anywhere twice;
 *   - no object is lost: each is the program's, in the owner's list, or a bit;
 *   - the span comes to the PageHeap once, and without an object in use;
 *   - a span that nobody owns stands in its class's list once as many objects are free as make it worth claiming, and
 *     in the PageHeap once all are;
 *   - FULL and CENTRAL are left under the lock of the class that the word names, OWNED by the owner alone.
 *
 * Not in the model:
 *   - Orders weaker than sequential consistency, which is what Spin knows. The racing pairs are seq_cst in the code: bit
 *     then word in the freer, word then bits in central_cache_retire() and central_cache_accept(). Weaker are loads of
 *     the word that are hints (what they say is decided again under the lock, or it is the reader's own name, which only
 *     the reader writes and removes); stores under the lock, read under it or by such hints; the owner's load of a
 *     word of bits in span_collect(), which may come too early, but never after a look that saw the bit; release and
 *     acquire on bits, which order the objects' contents, and there are none here.
 *   - A thread's FreeLists: an object in one is in use to its span, so here it is the program's.
 *   - Which span of several is chosen, how much is carved or taken at a time. The choices here are free ones, more than
 *     the code makes. Objects of one word of bits are alike, so the first of those in the same state stands for all.
 *   - The orphans' cache and hardened spans.
 */

/* THREADS may have a cache; STRANGERS never have one and only free. A freer looks when THRESHOLD objects are free, in a
 * span of two words of bits when EVENT of a word are. */
#ifndef OBJECTS
#define THREADS 2
#define STRANGERS 0
#define CLASSES 2
#define OBJECTS 3
#define WORDS 1
#define THRESHOLD 1
#define EVENT 1
#endif

#define PROCESSES (THREADS + STRANGERS)
#define ALL ((1 << OBJECTS) - 1)
#define WORD_OBJECTS (OBJECTS / WORDS)
#define WORD_ALL ((1 << WORD_OBJECTS) - 1)
#define LAST_WORD (WORDS - 1)
#define of_word(set, word) ((set) & (WORD_ALL << ((word) * WORD_OBJECTS)))
#define word_bits(set, word) (((set) >> ((word) * WORD_OBJECTS)) & WORD_ALL)
#define first_of(set) ((set) & -(set))
#define count_of(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))
#if WORDS == 1
#define all_bits (bits[0])
#define count_of_others 0
#else
#define all_bits (bits[0] | (bits[1] << WORD_OBJECTS))
#define count_of_others count_of(bits[1])
#endif

/* The control word: 0, an owner, or SPAN_FULL | home, SPAN_CENTRAL, with the class above. */
#define me (_pid + 1)
#define NOBODY 0
#define PURGER (PROCESSES + 1)
#define SPAN_FULL 16
#define SPAN_CENTRAL 32
#define SPAN_CLASS_SHIFT 6
#define full_of(home, class_) (SPAN_FULL | (home) | ((class_) << SPAN_CLASS_SHIFT))
#define central_of(class_) (SPAN_CENTRAL | ((class_) << SPAN_CLASS_SHIFT))
#define class_of(word) ((word) >> SPAN_CLASS_SHIFT)
#define home_of(word) ((word) & 15)
#define unowned(word) (((word) & (SPAN_FULL | SPAN_CENTRAL)) != 0)
#define owner (purging -> PURGER : me)

/* Deliberate faults: run.sh sees that Spin finds each. */
#ifdef FAULT_TAKE_TRUSTS_THE_OLD_WORD
#define word_is_as_seen true
#else
#define word_is_as_seen (control == seen)
#endif
#ifdef FAULT_LOOK_IGNORES_THE_CLASS
#define mine_to_decide unowned(seen)
#else
#define mine_to_decide (unowned(seen) && class_of(seen) == class)
#endif

byte control;
byte bits[WORDS];
byte list;
byte size_class;
bool listed[2];
byte lock[2];            /* who holds it */
bool alive[PROCESSES + 2]; /* by owner */
bool in_heap = true;

/* Not the allocator's: what the program holds, which of it is being freed, how many are amid an operation. */
byte held;
byte chosen;
byte busy;

/* Macros, since Spin does not take every expression for an inline's parameter. */
#define lock_acquire(which) atomic { lock[which] == 0 -> lock[which] = me }
#define lock_release(which) d_step { assert(lock[which] == me); lock[which] = 0 }
#define set_control(word)                                                                                              \
    atomic {                                                                                                           \
        assert((unowned(control) -> lock[class_of(control)] == me : (control == 0 -> !in_heap : control == owner)));   \
        control = word                                                                                                 \
    }

inline span_remote_count() {
    n = count_of(bits[0]);
    n = n + count_of_others
}

inline span_collect() {
    if
    :: w = 0
    :: w = LAST_WORD
    fi;
    w = (bits[w] != 0 -> w : LAST_WORD - w);
    d_step {
        assert(control == me && list == 0);
        list = bits[w] << (w * WORD_OBJECTS);
        bits[w] = 0
    }
}

inline span_scatter() {
    bits[0] = bits[0] | word_bits(list, 0);
    bits[LAST_WORD] = bits[LAST_WORD] | word_bits(list, LAST_WORD);
    list = 0
}

inline insert() {
    atomic {
        assert(!listed[0] && !listed[1] && lock[class] == me);
        set_control(central_of(class));
        listed[class] = true
    }
}

inline take_out() {
    d_step {
        assert(listed[class] && lock[class] == me);
        listed[class] = false
    }
}

inline own() {
    atomic {
        assert(list == 0);
        set_control(owner)
    }
}

inline dissolve() {
    bits[0] = 0;
    bits[LAST_WORD] = 0;
    set_control(0)
}

inline central_cache_take() {
    lock_acquire(class_of(seen));
    ours = word_is_as_seen;
    if
    :: ours -> own()
    :: else
    fi;
    lock_release(class_of(seen))
}

/* The program frees an object. Until its bit is set it keeps the span what it is. */
inline choose() {
    freed = first_of(of_word(held & ~chosen, w));
    chosen = chosen | freed;
    class = size_class
}

/* One object to the program. */
inline span_take() {
    assert((held & freed) == 0);
    held = held | freed;
    list = list & ~freed
}

inline quiet() {
    assert(chosen == 0);
    assert((held & list) == 0 && ((held | list) & all_bits) == 0);
    assert((held | list | all_bits) == (in_heap -> 0 : ALL));
    assert(in_heap == (control == 0));
    assert(in_heap || unowned(control) || alive[control]);
    assert((control & SPAN_FULL) == 0 || (list == 0 && count_of(all_bits) < THRESHOLD));
    assert((control & SPAN_CENTRAL) == 0 || (list == 0 && all_bits != 0 && all_bits != ALL));
    assert(listed[0] == (control == central_of(0)) && listed[1] == (control == central_of(1)))
}

active [PROCESSES] proctype thread() {
    byte class, w, freed, old, seen, n;
    bool whole, ours, purging;

idle:
    do
    :: atomic { _pid < THREADS && !alive[me] -> alive[me] = true }
    :: atomic { alive[me] && control != me -> alive[me] = false } /* thread_ends() gave away before */
    :: atomic { alive[me] && in_heap -> busy++; in_heap = false; goto new_span }
    :: atomic { alive[me] && control == me -> busy++; goto thread_spans_next }
    :: atomic { alive[me] && control == me -> busy++; goto central_cache_accept }
    :: atomic {
           alive[me] && (listed[0] || listed[1]) -> busy++;
           class = (listed[0] -> 0 : 1);
           goto central_cache_adopt
       }
    :: atomic {
           alive[me] && (listed[0] || listed[1]) -> busy++;
           class = (listed[0] -> 0 : 1);
           purging = true;
           goto central_cache_adopt
       }
    :: atomic { of_word(held & ~chosen, 0) != 0 -> busy++; w = 0; choose(); goto free_uncommon }
    :: atomic { WORDS > 1 && of_word(held & ~chosen, 1) != 0 -> busy++; w = 1; choose(); goto free_uncommon }
    od;

new_span:
    atomic {
        assert(control == 0 && all_bits == 0 && list == 0 && held == 0);
        if
        :: size_class = 0
        :: size_class = CLASSES - 1
        fi;
        list = ALL
    };
    atomic {
        set_control(me);
        goto done
    };

thread_spans_next:
    if
    :: list == 0 -> span_collect()
    :: else
    fi;
    if
    :: atomic {
           list != 0 ->
           do
           :: of_word(list, 0) != 0 -> freed = first_of(of_word(list, 0)); span_take()
           :: WORDS > 1 && of_word(list, 1) != 0 -> freed = first_of(of_word(list, 1)); span_take()
           :: freed != 0 -> break
           od
       };
       goto done
    :: list == 0 ->
       if
       :: goto done /* it waits, owned */
       :: goto central_cache_retire
       fi
    fi;

central_cache_retire:
    seen = full_of(me, size_class);
    set_control(seen);
#ifndef FAULT_RETIRE_DOES_NOT_LOOK
    span_remote_count();
    if
    :: n == 0 -> goto done
    :: else
    fi;
    central_cache_take();
    if
    :: !ours -> goto done
    :: else
    fi;
    span_collect();
    assert(list != 0);
    if
    :: list == ALL -> goto thread_spans_return
    :: else
    fi;
#endif
    goto done;

central_cache_adopt:
    lock_acquire(class);
    if
    :: listed[class] ->
       take_out();
       own();
       lock_release(class)
    :: else ->
       lock_release(class);
       goto done
    fi;
    if
    :: purging -> goto central_cache_accept
    :: else
    fi;
    span_collect();
    assert(list != 0);
    goto done;

central_cache_accept:
    class = size_class;
    span_scatter();
    lock_acquire(class);
#ifdef FAULT_ACCEPT_COUNTS_FIRST
    span_remote_count();
    set_control(full_of(NOBODY, class));
#else
    set_control(full_of(NOBODY, class));
    span_remote_count();
#endif
    if
    :: n == OBJECTS -> whole = true; dissolve()
    :: n != 0 && n != OBJECTS -> insert()
    :: n == 0
    fi;
    atomic {
        lock_release(class);
        if
        :: whole -> goto thread_spans_return
        :: else -> goto done
        fi
    };

free_uncommon:
    seen = control;
    if
    :: seen == me -> goto span_push
    :: alive[me] && (seen & SPAN_FULL) != 0 && home_of(seen) == me -> skip
    :: alive[me] && (seen & SPAN_FULL) != 0 && home_of(seen) != me && !alive[home_of(seen)] -> skip
    :: seen != me && !(alive[me] && (seen & SPAN_FULL) != 0 && home_of(seen) == me) -> goto central_cache_free
    fi;
    central_cache_take();
    if
    :: ours -> goto span_push
    :: else -> goto central_cache_free
    fi;

span_push:
    atomic {
        assert(control == me && (list & freed) == 0);
        list = list | freed;
        held = held & ~freed;
        chosen = chosen & ~freed
    };
    if
    :: list == ALL -> goto thread_spans_return
    :: goto done /* objects are in use; or an active span, which may be kept though none is */
    fi;

central_cache_free:
    atomic {
        do /* neighbours in one word go together */
        :: of_word(held & ~chosen & ~freed, w) != 0 -> freed = freed | first_of(of_word(held & ~chosen & ~freed, w))
        :: break
        od;
        old = bits[w];
        assert((old & word_bits(freed, w)) == 0);
        bits[w] = old | word_bits(freed, w);
        held = held & ~freed;
        chosen = chosen & ~freed
    };
    atomic {
#ifndef FAULT_FREER_LOADS_FIRST
        seen = control;
#endif
        freed = old | word_bits(freed, w); /* what is set in the word now */
        if
        :: !unowned(seen) || (freed != WORD_ALL && (count_of(old) >= EVENT || count_of(freed) < EVENT)) -> goto done
        :: else
        fi
    };
    if
    :: WORDS > 1 ->
       span_remote_count();
       if
       :: n != OBJECTS && ((seen & SPAN_CENTRAL) != 0 || n < THRESHOLD) -> goto done
       :: else
       fi
    :: else
    fi;

look:
    lock_acquire(class);
#ifndef FAULT_LOOK_TRUSTS_THE_OLD_WORD
    seen = control;
#endif
    if
    :: mine_to_decide ->
       span_remote_count();
       if
       :: n == OBJECTS ->
          whole = true;
          if
          :: (seen & SPAN_CENTRAL) != 0 -> take_out()
          :: else
          fi;
          dissolve()
       :: n != OBJECTS && (seen & SPAN_FULL) != 0 && n >= THRESHOLD -> insert()
       :: else
       fi
    :: else
    fi;
    atomic {
        lock_release(class);
        if
        :: whole -> goto thread_spans_return
        :: else -> goto done
        fi
    };

thread_spans_return:
    set_control(0);
    d_step {
        assert(!in_heap && held == 0 && all_bits == 0 && (list == 0 || list == ALL));
        list = 0;
        in_heap = true
    };

done:
    atomic {
        assert(lock[0] != me && lock[1] != me);
        class = 0;
        w = 0;
        freed = 0;
        old = 0;
        seen = 0;
        n = 0;
        whole = false;
        ours = false;
        purging = false;
        busy--;
        if
        :: busy == 0 -> quiet()
        :: else
        fi;
        goto idle
    }
}
