# What the classics and the single-thread shapes promise, each held against the log of its calls.
verify_under_all(threadtest threadtest --threads 2 --ops 100000)
# Freed in the order of allocation, by the same thread, and never more than one round alive.
calls_test(threadtest [[size(8) == 100000 && of("log.malloc") == 100000 && of("log.ascending") == 100000 &&
  of("log.free") == 100000 && of("log.peak_blocks") == 3000 && of("rounds") == 34]]
  threadtest --threads 1 --objects 3000 --ops 100000)
calls_test(threadtest_threads [[of("log.malloc") == 100000 && of("log.ascending") == 100000 &&
  of("log.peak_blocks") <= 3000 && of("log.remote") == 0 && of("rounds") == 34 && of("log.threads") == 3]]
  threadtest --threads 3 --objects 3000 --ops 100000)

verify_under_all(linux_scalability linux_scalability --threads 2 --ops 100000)
calls_test(linux_scalability [[of("log.malloc") == 100000 && size(512) == 100000 && of("log.free") == 100000 &&
  of("log.peak_blocks") <= 3 && of("log.threads") == 3 && of("log.remote") == 0 && of("thread_mean_ns") > of("elapsed_ns") / 20 &&
  of("thread_mean_ns") <= of("elapsed_ns")]]
  linux_scalability --threads 3 --ops 100000)

# One block at a time in each thread; in the passive kind each thread first frees one block of the main thread's.
verify_under_all(cache_thrash cache_thrash --threads 2 --ops 1000)
calls_test(cache_thrash [[of("log.malloc") == 3000 && size(1) == 3000 && of("log.peak_blocks") <= 3 &&
  of("log.threads") == 3 && of("log.remote") == 0]]
  cache_thrash --threads 3 --ops 3000 --writes 10)
verify_under_all(cache_scratch cache_scratch --threads 2 --ops 1000 --writes 100)
verify_under_all(cache_scratch_8 cache_scratch --preset cache_scratch_8 --threads 4 --ops 1000 --writes 100)
calls_test(cache_scratch [[of("log.malloc") == 3005 && size(8) == 3005 && of("log.peak_blocks") == 5 &&
  of("log.remote") == 4 && of("log.givers") == 1 && of("log.takers") == 4 && of("log.most_of_a_pair") == 1]]
  cache_scratch --preset cache_scratch_8 --threads 5 --ops 3000 --writes 10)

verify_under_all(glibc_simple glibc_simple --ops 100000)
verify_under_all(glibc_simple_thread glibc_simple --preset glibc_simple_thread --ops 100000 --size 32 --blocks 400)
verify_under_all(glibc_simple_after glibc_simple --preset glibc_simple_after --ops 100000 --size 64 --blocks 1600)
calls_test(glibc_simple_main [[of("log.free") == 100000 && of("log.main_frees") == 100000 && size(16) == 100000 &&
  of("log.peak_blocks") == 1600 && of("log.ascending") == 100000 && of("log.threads") == 1]]
  glibc_simple --ops 100000 --blocks 1600)
calls_test(glibc_simple_thread [[of("log.free") == 100000 && of("log.main_frees") == 0 &&
  of("log.peak_blocks") == 400 && of("log.threads") == 2]]
  glibc_simple --preset glibc_simple_thread --ops 100000 --blocks 400)
calls_test(glibc_simple_after [[of("log.main_frees") == 100000 && of("log.free") == 100001 && of("log.threads") == 2]]
  glibc_simple --preset glibc_simple_after --ops 100000)

# Between 1/s^2 at 4 and 32 KiB, 1 - 4/9 of all sizes are at most 8, 1 - 4/17 at most 16, and 1 in 2048 is above 8 KiB/4.
verify_under_all(glibc_thread glibc_thread --threads 2 --ops 50000)
calls_test(glibc_thread [[of("log.malloc") == 102048 && of("log.peak_blocks") == 2048 && of("log.remote") == 0 &&
  of("log.smallest") == 4 && of("log.largest") <= 32768 && of("log.largest") > 8192 && near(sizes(0, 3) / of("log.malloc"), 0.556, 0.01) &&
  near(sizes(0, 4) / of("log.malloc"), 0.765, 0.01) && sizes(12, 15) > 100 && sizes(12, 15) < 400 && sizes(16, 47) < 20]]
  glibc_thread --threads 2 --ops 100000)

verify_under_all(malloc_large malloc_large --ops 30 --min-size 1M --max-size 3M --live 8)
calls_test(malloc_large [[of("log.malloc") == 60 && of("log.smallest") >= 5 * 1048576 &&
  of("log.largest") <= 25 * 1048576 && near(of("requested_bytes") / 60, 15 * 1048576, 2.5 * 1048576) &&
  of("log.peak_blocks") >= 17 && of("log.peak_blocks") <= 20 && of("log.peak_bytes") > 13 * 5 * 1048576 && of("log.peak_bytes") < 20 * 25 * 1048576]]
  malloc_large --ops 60)

# Half of all blocks are retained, and only these are of 32 or 64 words, each a seventh of them; passing ones are each a
# fifth of 1 to 16 words. Blocks of 65 words and more are rare: those that are 100 times or more as large, 1 % + 0.1 % + 0.01 %. Every round has
# its own threads; what was swapped into the shared array is freed by others.
verify_under_all(mstress mstress --threads 3 --ops 60000)
calls_test(mstress [[of("log.malloc") == 120000 && near(size(8) / 120000, 0.989 * (1 / 10 + 1 / 14), 0.004) &&
  near(size(256) / 120000, 0.989 / 14, 0.003) && near(size(512) / 120000, 0.989 / 14, 0.003) && near(sizes(10, 30) / of("log.malloc"), 0.0111, 0.001) &&
  of("log.remote") > 0.3 * of("swaps") && of("log.remote") < of("swaps") && of("rounds") == 4 &&
  of("log.threads") == 13 && of("swaps") > 0.1 * of("operations") &&
  of("swaps") < 0.25 * of("operations") && of("log.live_at_end") == 0]]
  mstress --threads 3 --scale 50 --ops 120000)

# The shared slots hold at most 1000 blocks, and no thread frees its own.
verify_under_all(mleak mleak --ops 2000)
calls_test(mleak [[of("log.calloc") == 5000 && size(128) == 5000 && of("log.threads") == 5001 &&
  of("log.peak_blocks") <= 1010 && of("blocks_at_end") > 980 && of("blocks_at_end") <= 1000 &&
  of("log.main_frees") == of("blocks_at_end") && of("log.remote") == 5000 && of("log.live_at_end") == 0]]
  mleak --ops 5000)

# Over five turns as much is freed forward as backward, in long runs; at a turn's end, and at no other time, the buffer is
# full. A pass through the bases 1, 2, 4, 7, 11 ... 472, 709 has 75 sizes under 100 and 11 above: 4 passes of 19300 blocks,
# in which 1 byte comes under all 15 bases, 5 bytes under 11, 40, 92 and 709, and from 314 on each size comes once.
verify_under_all(sh6bench sh6bench --threads 2 --ops 100000)
verify_under_all(sh6bench_short sh6bench --threads 4 --ops 50000 --calls 23)
calls_test(sh6bench [[of("log.malloc") == 77200 && of("log.peak_blocks") == 2000 && of("log.remote") == 0 &&
  near(of("log.ascending") / of("log.free"), 0.5, 0.02) && of("log.reversals") < 6 * of("turns") && of("turns") == 48 &&
  size(1) == 4 * 15 * 250 && size(5) == 4 * 4 * 250 && size(92) == 4 * 250 && size(139) == 4 * 50 && size(314) == 4 * 50 &&
  size(709) == 4 * 50 && of("log.largest") == 709]]
  sh6bench --threads 1 --calls 2000 --ops 77200)

# 100 blocks of their own for each that comes from the main thread; ten times through the table of 7321 blocks.
verify_under_all(sh8bench sh8bench --threads 3 --ops 100000)
verify_under_all(sh8bench_handed sh8bench --threads 2 --ops 100000 --own 1 --calls 1000)
calls_test(sh8bench [[of("log.malloc") == 73942 && of("log.remote") == 732 && of("blocks_handed_over") == 732 &&
  of("log.givers") == 1 && size(8) == 10000 + 732 && size(16) == 50000 && size(48) == 10000 && size(72) == 1000 &&
  size(148) == 1000 && size(200) == 1000 && size(520) == 100 && size(1056) == 50 && size(4096) == 30 &&
  size(9162) == 10 && size(34562) == 10 && size(168524) == 10 && of("log.peak_blocks") <= 10000 + 732]]
  sh8bench --threads 2 --ops 73942 --calls 10000)

# Of 1024 allocations 4 are aligned, 16 callocs, 80 reallocs (a part of them of empty bins, by malloc); 10000 to a life.
verify_under_all(t_test1 t_test1 --threads 2 --ops 20000 --life 3000 --memory 4M)
calls_test(t_test1 [[near(of("log.aligned"), 200000 * 4 / 1024, 90) && near(sizes(13, 14) / 200000, 0.59, 0.01) &&
  of("log.realloc") > 200000 * 40 / 1024 && of("log.realloc") < 200000 * 80 / 1024 &&
  of("log.malloc") + of("log.calloc") + of("log.realloc") + of("log.aligned") == 200000 &&
  near(of("log.calloc"), 200000 * 16 / 1024, 180) && of("log.remote") == 0 && near(aligned(4), 98, 35) &&
  near(aligned(11), 98, 35) && of("short_lived_threads") == 20 && of("log.threads") == 21 &&
  of("log.peak_blocks") <= 2 * 335 && of("log.live_at_end") == 0]]
  t_test1 --threads 2 --ops 200000 --memory 6710886)

# Every size exponent is half as frequent as the one below: 8 to 15 bytes are half of all. A fifth of the slots getting
# four fifths of the visits, and so on in it, leaves a quarter of them full after as many visits as slots; even chances
# would leave 43 of 100: the sum over the levels k of 0.8 / 5^k (1 - exp(-4^k / 2)) / 2 is 0.2465.
verify_under_all(alloc_test alloc_test --threads 2 --ops 100000)
calls_test(alloc_test [[near(of("hot_visits") / of("operations"), 0.8, 0.01) && of("log.remote") == 0 &&
  near(sizes(0, 4) / of("log.malloc"), 0.53, 0.02) && near(sizes(5, 5) / of("log.malloc"), 0.25, 0.02) &&
  near(sizes(6, 6) / of("log.malloc"), 0.125, 0.02) && near(of("log.malloc"), 100000, 3000) &&
  of("log.peak_blocks") <= 5000]]
  alloc_test --threads 2 --ops 200000 --slots 5000)
calls_test(alloc_test_hot [[near(of("log.peak_blocks") / 100000, 0.2465, 0.005) && of("log.largest") <= 2047]]
  alloc_test --threads 1 --ops 100000 --slots 100000)

# Half of the intervals are freed, an eighth realloc'd; new sizes are 10 + 1014 u^3.
verify_under_all(phong phong --threads 4 --ops 50000)
verify_under_all(phong_many phong --ops 30000)
calls_test(phong_many [[of("log.threads") == 256 && of("log.remote") == 0]] phong --ops 100000)
calls_test(phong [[of("log.malloc") == 200000 && near(of("log.realloc") / of("log.malloc"), 0.25, 0.03) &&
  of("log.peak_blocks") <= 2000 && of("log.peak_blocks") > 1950 && of("log.remote") == 0 &&
  of("log.largest") <= 1024]]
  phong --threads 2 --ops 200000)
calls_test(phong_sizes [[near(of("requested_bytes") / of("operations"), 10 + 1014 / 4, 5) && sizes(4, 6) > 30000 &&
  of("log.largest") <= 1024]]
  phong --threads 1 --ops 100000)

# A batch after every two loops of the same length: a third of all blocks, and with more threads all of these are remote,
# and so is each batch's record. Every thread gives to each of the others. Small blocks are unaligned, aligned to 8 and
# to 16 in turn.
verify_under_all(rptest rptest --threads 3 --ops 20000)
verify_under_all(rptest_exponential rptest --threads 2 --ops 20000 --distribution exponential --max-size 100K --cross 1)
verify_under_all(rptest_alone rptest --threads 1 --ops 20000 --distribution linear)
calls_test(rptest [[of("blocks_handed_over") == 20000 && of("log.remote") == 20200 &&
  near(of("log.aligned") / 60000, 2 / 3 * 4088 / 15993, 0.02) && near(aligned(3), aligned(4), 2) && aligned(3) + aligned(4) == of("log.aligned") &&
  near(sizes(0, 12) - 200, 3 * aligned(3), 10) && of("log.largest") <= 16000 && sizes(14, 14) > 25000]]
  rptest --threads 2 --ops 60000)
calls_test(rptest_threads [[of("log.pairs") == 12 && of("log.remote") > 20000]] rptest --threads 4 --ops 60000)
calls_test(rptest_linear [[of("log.remote") == 0 && near(sizes(0, 13) / 60000, 1 - 0.488 * 0.488, 0.03)]]
  rptest --threads 1 --ops 60000 --distribution linear)

# The single-thread shapes: in which order blocks are freed is what they are.
foreach(shape lifo fifo random_slots)
  verify_under_all(${shape} ${shape} --ops 100000)
  verify_under_all(${shape}_threads ${shape} --ops 50000 --threads 3 --min-size 1 --max-size 20K)
endforeach()
calls_test(lifo [[of("log.malloc") == 100000 && of("log.descending") == 200 * 499 && of("log.ascending") == 200 &&
  of("log.peak_blocks") == 500]]
  lifo --ops 100000 --depth 500)
calls_test(fifo [[of("log.malloc") == 100500 && of("log.ascending") == 100500 && of("log.peak_blocks") == 500]]
  fifo --ops 100000 --slots 500)
calls_test(random_slots [[of("log.malloc") == 100500 && near(of("log.ascending") / of("log.free"), 0.5, 0.02) &&
  of("log.peak_blocks") == 500 && of("log.smallest") >= 16 && of("log.largest") <= 1024 && near(sizes(5, 6) / of("log.malloc"), 0.3333, 0.02)]]
  random_slots --ops 100000 --slots 500)

# From 16 bytes to 64 KiB are 12 doublings, then 1 malloc.
verify_under_all(realloc_growth realloc_growth --ops 2000)
verify_under_all(realloc_growth_slow realloc_growth --ops 5000 --growth 125 --max-size 20K --threads 2)
calls_test(realloc_growth [[near(of("log.realloc") / of("log.malloc"), 12, 0.5) && near(size(65536), 26000 / 13, 60) &&
  of("log.malloc") + of("log.realloc") == 26000 && of("log.peak_blocks") <= 16 + 1]]
  realloc_growth --ops 26000 --min-size 64K --max-size 64K)

# A calloc that does not clear is found, with and without --verify (verdict 4).
verify_under_all(calloc_zero calloc_zero --ops 5000)
verify_under_all(calloc_zero_tiny calloc_zero --ops 20000 --min-size 1 --max-size 64 --threads 2)
calls_test(calloc_zero [[of("log.calloc") == 21000 && of("log.malloc") == 0 && of("log.peak_blocks") == 1000]]
  calloc_zero --ops 20000)
if(NOT sanitized)
  foreach(flag --pin --verify)
    workload_test(bad.calloc_zero${flag} slot_page verdict 4 /usr/bin/env CALL_LOG_DIRTY=1
                  LD_PRELOAD=$<TARGET_FILE:call_log> $<TARGET_FILE:calloc_zero> ${flag} --ops 1000)
  endforeach()
endif()

verify_under_all(aligned aligned --ops 5000 --slots 20)
workload_test(verify.aligned_multiples.default sh ${here}/verify.sh ${CMAKE_CURRENT_BINARY_DIR}/aligned_multiples.json
              default $<TARGET_FILE:aligned> --ops 20000 --slots 20 --multiples yes)
verify_under_all(aligned_small aligned --ops 20000 --max-align 64 --max-size 100 --threads 2)
# 14 powers of two from 8 to 64 Ki, equally often.
calls_test(aligned [[of("log.aligned") == 20100 && of("log.malloc") == 0 && of("log.peak_blocks") == 100 &&
  near(aligned(3), 20100 / 14, 180) && near(aligned(9), 20100 / 14, 180) && near(aligned(16), 20100 / 14, 180)]]
  aligned --ops 20000 --slots 100 --max-align 64K)

# 1000 blocks of 4 KiB; an allocator has to have at least that much in memory, and this one not twice as much.
verify_under_all(size_sweep size_sweep --ops 100000 --bytes 4M)
verify_under_all(size_sweep_large size_sweep --ops 10 --bytes 16M --size 4M)
verify_under_all(size_sweep_tiny size_sweep --ops 100000 --bytes 1M --size 8)
calls_test(size_sweep [[size(4096) == 21000 && of("log.malloc") == 21000 && of("filled_blocks") == 1000 &&
  of("filled_rss_bytes") >= 0.97 * 4096000 && of("filled_rss_bytes") < 8192000 && of("filled_overhead_percent") < 100]]
  size_sweep --ops 20000 --size 4K --bytes 4096000)

verify_under_all(traverse traverse --ops 100000 --objects 5000)
calls_test(traverse [[of("log.malloc") == 25000 && of("log.peak_blocks") == 5000 && of("log.smallest") >= 48 &&
  of("survivors") == 5000 && of("operations") == 100000]]
  traverse --ops 100000 --objects 5000)
# What the measure says of placement must show: never churned lies in a row, churned does not.
calls_test(traverse_fresh [[of("same_page_percent") > 80]] traverse --ops 1000 --objects 5000 --churn 0)
calls_test(traverse_churned [[of("same_page_percent") < 40]] traverse --ops 1000 --objects 5000 --churn 4)

# Seen from the parent's side: with fixed work, with fixed time, and with arguments that cannot be run together.
foreach(name threadtest linux_scalability cache_thrash cache_scratch glibc_simple glibc_thread malloc_large mstress mleak
             sh6bench sh8bench t_test1 alloc_test phong rptest lifo fifo random_slots realloc_growth calloc_zero aligned
             size_sweep)
  workload_test(slot_page.${name} slot_page finished $<TARGET_FILE:${name}> --ops 2000)
  workload_test(slot_page.${name}_timed slot_page finished $<TARGET_FILE:${name}> --seconds 0.05 --pin)
endforeach()
# traverse asks for nothing between the marks, which "finished" does not accept.
calls_test(traverse_timed [[of("operations") > 0 && of("survivors") == 5000 && of("elapsed_ns") >= 50000000]]
  traverse --seconds 0.05 --pin --objects 5000)

# refuses(PROGRAM ARGS...)
function(refuses program)
  string(MAKE_C_IDENTIFIER "${ARGN}" row)
  workload_test(slot_page.${program}${row} slot_page verdict 2 $<TARGET_FILE:${program}> ${ARGN})
endfunction()
refuses(threadtest --objects 3 --threads 4)
refuses(glibc_simple --threads 2)
refuses(malloc_large --min-size 2M --max-size 1M)
refuses(malloc_large --max-size 2G --live 100000)
refuses(mstress --ops 3 --threads 4)
refuses(sh6bench --calls 19 --threads 4)
refuses(sh8bench --threads 1)
refuses(sh8bench --calls 9 --threads 3)
refuses(t_test1 --memory 1M --size 1M)
refuses(alloc_test --slots 9 --threads 2)
refuses(phong --min-size 2K)
refuses(rptest --min-size 2K --max-size 1K)
refuses(lifo --min-size 2K)
refuses(realloc_growth --start 1K)
refuses(aligned --max-align 12)
refuses(aligned --min-align 64 --max-align 32)
refuses(size_sweep --size 1M --bytes 1M)
refuses(size_sweep --threads 2)
refuses(traverse --threads 2)
