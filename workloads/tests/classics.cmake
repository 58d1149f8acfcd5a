# What the classics and the single-thread shapes promise, each held against the log of its calls.
if(NOT sanitized)
  add_library(call_log MODULE call_log.c)
  target_link_libraries(call_log PRIVATE project_warnings honest_malloc_calls)
endif()

# calls_test(ROW CHECK PROGRAM ARGS...): see calls.sh.
function(calls_test row check program)
  if(NOT sanitized)
    workload_test(calls.${row} sh ${here}/calls.sh $<TARGET_FILE:call_log> ${check} $<TARGET_FILE:${program}> ${ARGN})
  endif()
endfunction()

verify_under_all(threadtest threadtest --threads 2 --ops 100000)
# Freed in the order of allocation, by the same thread, and never more than one round alive.
calls_test(threadtest [[near(of("log.malloc"), 100000, 100) && of("log.ascending") > 0.99 * of("log.free") &&
  near(of("log.peak_blocks"), 3000, 100) && of("log.remote") == 0 && of("rounds") == 34]]
  threadtest --threads 1 --objects 3000 --ops 100000)
calls_test(threadtest_threads [[near(of("log.malloc"), 100000, 100) && of("log.ascending") > 0.99 * of("log.free") &&
  of("log.peak_blocks") <= 3100 && of("log.remote") == 0 && of("rounds") == 34 && of("log.threads") == 3]]
  threadtest --threads 3 --objects 3000 --ops 100000)

verify_under_all(linux_scalability linux_scalability --threads 2 --ops 100000)
calls_test(linux_scalability [[near(of("log.malloc"), 100000, 100) && sizes(9, 9) >= 100000 &&
  of("log.peak_blocks") < 100 && of("log.remote") == 0 && of("thread_mean_ns") > of("elapsed_ns") / 20 &&
  of("thread_mean_ns") <= of("elapsed_ns")]]
  linux_scalability --threads 3 --ops 100000)

# One block at a time in each thread; in the passive kind the main thread's blocks are freed by all others first.
verify_under_all(cache_thrash cache_thrash --threads 2 --ops 1000)
calls_test(cache_thrash [[near(of("log.malloc"), 3000, 100) && sizes(0, 0) >= 3000 && of("log.peak_blocks") < 100 &&
  of("log.remote") == 0]]
  cache_thrash --threads 3 --ops 3000 --writes 10)
verify_under_all(cache_scratch cache_scratch --threads 2 --ops 1000)
verify_under_all(cache_scratch_8 cache_scratch --threads 4 --ops 1000 --size 8)
calls_test(cache_scratch [[near(of("log.malloc"), 3005, 100) && sizes(3, 3) >= 3005 && of("log.peak_blocks") < 100 &&
  of("log.remote") == 4]]
  cache_scratch --threads 5 --ops 3000 --writes 10 --size 8)

verify_under_all(glibc_simple glibc_simple --ops 100000)
verify_under_all(glibc_simple_thread glibc_simple --ops 100000 --place thread --size 32 --blocks 400)
verify_under_all(glibc_simple_after glibc_simple --ops 100000 --place after --size 64 --blocks 1600)
calls_test(glibc_simple_main [[near(of("log.free"), 100000, 100) && of("log.main_frees") == of("log.free") &&
  near(of("log.peak_blocks"), 1600, 50) && of("log.ascending") > 0.99 * of("log.free") && of("log.threads") == 1]]
  glibc_simple --ops 100000 --blocks 1600)
calls_test(glibc_simple_thread [[near(of("log.free"), 100000, 100) && of("log.main_frees") < 100 &&
  near(of("log.peak_blocks"), 400, 50) && of("log.threads") == 2]]
  glibc_simple --ops 100000 --blocks 400 --place thread)
calls_test(glibc_simple_after [[near(of("log.main_frees"), 100000, 100) && of("log.threads") == 2]]
  glibc_simple --ops 100000 --place after)

# Between 1/s^2 at 4 and 32 KiB, 1 - 4/9 of all sizes are at most 8, 1 - 4/17 at most 16, and 1 in 2048 is above 8 KiB/4.
verify_under_all(glibc_thread glibc_thread --threads 2 --ops 50000)
calls_test(glibc_thread [[near(of("log.malloc"), 102048, 100) && near(of("log.peak_blocks"), 2048, 100) &&
  of("log.remote") == 0 && near(sizes(0, 3) / of("log.malloc"), 0.556, 0.01) &&
  near(sizes(0, 4) / of("log.malloc"), 0.765, 0.01) && sizes(12, 15) > 100 && sizes(12, 15) < 400 && sizes(16, 47) < 20]]
  glibc_thread --threads 2 --ops 100000)

verify_under_all(malloc_large malloc_large --ops 30 --min-size 1M --max-size 3M)
calls_test(malloc_large [[near(sizes(23, 25), 60, 0) && sizes(26, 47) == 0 && near(of("log.malloc"), 60, 50) &&
  of("log.peak_bytes") > 13 * 5 * 1048576 && of("log.peak_bytes") < 20 * 25 * 1048576]]
  malloc_large --ops 60)
