# The memory adversaries, the distributions and the server: every block is checked, and what their descriptions promise
# is held against the numbers they give.
verify_under_all(frag_first_fit frag_first_fit --bytes 4M)
verify_under_all(frag_first_fit_odd frag_first_fit --bytes 1M --min-size 7 --max-size 10000 --threads 3)
verify_under_all(frag_per_class frag_per_class --bytes 1M)
verify_under_all(frag_per_class_threads frag_per_class --bytes 512K --min-size 1 --max-size 100K --keep 1 --threads 3)
verify_under_all(holes holes --blocks 12000 --traffic none)
verify_under_all(holes_threads holes --blocks 10000 --keep-one-in 7 --threads 3 --traffic none)
verify_under_all(idle_threads idle_threads --bytes 8M --threads 16 --traffic none)
verify_under_all(blowup blowup --bytes 4M --churn 5000 --links 4)
verify_under_all(blowup_ended blowup --preset blowup_ended --bytes 4M --churn 5000 --links 8 --threads 2)
verify_under_all(size_shift size_shift --bytes 2M)
verify_under_all(size_shift_threads size_shift --bytes 1M --turnover 20 --threads 3)
verify_under_all(soak soak --bytes 2M --replacements 100000)
verify_under_all(soak_threads soak --bytes 2M --replacements 100000 --threads 4 --shared 3)
verify_under_all(distribution_key_value distribution --preset key_value --threads 1 --ops 200000)
verify_under_all(distribution_json_service distribution --preset json_service --threads 2 --ops 200000)
verify_under_all(distribution_compiler distribution --preset compiler --threads 1 --ops 200000)
verify_under_all(distribution_message_broker distribution --preset message_broker --threads 1 --ops 200000)
verify_under_all(server producer_consumer --preset server --threads 3 --ops 200000)
verify_under_all(server_uniform producer_consumer --preset server --min-size 3 --max-size 5000 --distribution uniform
                 --window 1 --threads 2 --ops 100000)

# What the log of their calls says of them. Ten sizes, twice as large each time, in the order of allocation within each
# step, and the peak at the end of the last filling.
calls_test(frag_first_fit [[size(16) == 262144 && size(32) == 131072 && size(64) == 65536 && size(8192) == 512 &&
  kinds() == 10 && of("log.peak_bytes") == 4194304 * (2 - 1 / 512) && of("log.descending") <= 10 &&
  of("log.live_at_end") == 0]]
  frag_first_fit --bytes 4M --max-size 8K)
# Each size a fifth larger than the one before; five of 13107 blocks of 20 bytes stay in each 256 KiB.
calls_test(frag_per_class [[size(20) == 52428 && size(24) == 43690 && size(28) == 37449 && size(33) == 31775 &&
  kinds() == 4 && of("log.peak_bytes") <= 1048576 + of("end_live_bytes") && of("end_live_bytes") == 21 * (20 + 24 + 28 + 33)]]
  frag_per_class --bytes 1M --min-size 20 --max-size 33)
calls_test(holes [[size(512) == 1500 && size(1024) == 1000 && size(2048) == 500 && kinds() == 3 &&
  of("log.peak_blocks") == 3000 && of("log.ascending") > 2850 && of("log.remote") == 0]]
  holes --blocks 3000 --traffic none)
calls_test(idle_threads [[of("log.threads") == 64 && of("log.remote") == 0 &&
  near(of("kept_bytes") / of("requested_bytes"), 0.5, 0.05)]]
  idle_threads --bytes 8M --traffic none)
# The links of a chain, and the main thread that only starts them; each frees its own, and the next one comes after it.
calls_test(blowup [[of("log.malloc") == 3 * (1024 + 64 + 5000) && of("log.threads") == 4 && of("log.remote") == 0 &&
  of("log.peak_bytes") == 8388608]]
  blowup --bytes 8M --min-size 8K --max-size 8K --links 3 --churn 5000)
# Small blocks, large ones, and none between; what is live never exceeds the bytes, and is theirs nearly all the time.
calls_test(size_shift [[of("log.smallest") == 16 && of("log.largest") <= 32768 && sizes(7, 10) == size(1024) &&
  of("log.peak_bytes") <= 4194304 && of("log.peak_bytes") > 4194304 - 64 && sizes(11, 15) > 1000 && sizes(0, 6) > 500000]]
  size_shift --bytes 4M)
# One in 64 is swapped into the shared places, and half of what comes out is the other thread's where the two run at the
# same time; where one ran after the other it is what the first left in the 1024 places.
calls_test(soak [[of("log.remote") / 200000 <= 1 / 128 + 0.002 && of("log.remote") > 700 && of("log.pairs") == 2 && of("log.largest") <= 1024 &&
  near(of("log.peak_bytes") / 2097152, 1.1, 0.1) && of("log.malloc") >= 200000 && of("log.live_at_end") == 0]]
  soak --bytes 2M --replacements 200000 --max-size 1K --threads 2)
calls_test(burst_idle [[of("log.peak_blocks") == of("log.malloc") && of("log.ascending") == of("log.free") &&
  near(of("log.peak_bytes"), 4194304, 2048) && of("log.largest") <= 1024]]
  burst_idle --bytes 4M --threads 2 --traffic none)
# Each row has its rate's share of the allocations: 300 and 150 of 871. The first half of the slots is beside that.
calls_test(distribution [[near(size(80) / of("log.malloc"), 300 / 871, 0.006) && near(size(2048) / of("log.malloc"),
  1 / 871 + 100 / 871 / 3073, 0.0007) && near(sizes(8, 9) / of("log.malloc"), 150 / 871, 0.006) && of("log.remote") == 0]]
  distribution --preset message_broker --threads 1 --ops 2097152)

# behaves(ROW PROGRAM ARGS... -- CONDITION): its numbers are what its description says.
function(behaves row program)
  workload_test(behaves.${row} sh ${here}/behaviour.sh $<TARGET_FILE:${program}> ${ARGN})
endfunction()

# Ten sizes of 4 MiB each, twice as large each time; half of what is live goes each time.
behaves(frag_first_fit frag_first_fit --bytes 4M --max-size 8K --
        [=[v["operations"] == 524288 - 512 && v["requested_bytes"] == 10 * v["bytes"] &&
          v["end_live_bytes"] == v["bytes"] * (1 - 1 / 1024) && v["peak_live_bytes"] == v["bytes"] * (2 - 1 / 512) &&
          v["end_rss_bytes"] > v["end_live_bytes"]]=])
# A fifth of 256 KiB are 51 blocks of 1 KiB, of which one stays; 16384 blocks have 322 such slices.
behaves(frag_per_class frag_per_class --bytes 16M --min-size 1K --max-size 1K --
        [=[v["operations"] == 16384 && v["end_live_bytes"] == 322 * 1024 &&
          v["end_rss_bytes"] > v["end_live_bytes"]]=])
behaves(holes holes --blocks 3000 --traffic none --
        [=[v["operations"] == 3000 && v["requested_bytes"] == 500 * (3 * 512 + 2 * 1024 + 2048) &&
          v["kept_blocks"] == 150 && v["end_rss_bytes"] > v["kept_bytes"]]=])
# 256 MiB of blocks of 1 KiB: half of them stay, give or take five times the deviation of 256 blocks.
behaves(idle_threads idle_threads --bytes 256M --min-size 1K --max-size 1K --threads 8 --traffic none --
        [=[v["operations"] == 262144 && v["kept_bytes"] > 129792 * 1024 && v["kept_bytes"] < 132352 * 1024 &&
          v["end_rss_bytes"] > v["kept_bytes"]]=])
# Each of 3 links allocates 1024 blocks of 8 KiB, then 64 and 5000 of churn; never more than one link's are live.
behaves(blowup blowup --bytes 8M --min-size 8K --max-size 8K --links 3 --churn 5000 --
        [=[v["operations"] == 3 * (1024 + 64 + 5000) && v["peak_live_bytes"] == v["bytes"] &&
          v["peak_rss_bytes"] > v["bytes"]]=])
# The filling and two shifts of four times as much, each over by less than a block of 32 KiB; then as much is live.
behaves(size_shift size_shift --bytes 4M --
        [=[v["requested_bytes"] >= 9 * v["bytes"] && v["requested_bytes"] < 9 * v["bytes"] + 3 * 32768 &&
          v["end_live_bytes"] > 0.98 * v["bytes"] && v["end_live_bytes"] <= v["bytes"]]=])
# What never frees grows by all that is asked for between the checkpoints, 47 of 64 parts, and what it adds to each
# block; what frees does not grow by a tenth of the live bytes. A sanitizer holds freed blocks back.
if(NOT sanitized)
  behaves(soak soak --bytes 16M --replacements 2000000 --threads 1 --max-size 1K --
          [=[v["operations"] == 2000000 && v["rss_growth_bytes"] < 0.1 * v["bytes"] &&
            v["end_rss_bytes"] > v["bytes"] * 0.9]=])
  behaves(soak_never_freed soak --bytes 16M --replacements 400000 --threads 1 --max-size 1K --
          [=[v["rss_growth_bytes"] > 0.73 * v["requested_bytes"] &&
            v["rss_growth_bytes"] < 0.85 * v["requested_bytes"]]=])
  set_tests_properties(workloads.behaves.soak_never_freed PROPERTIES ENVIRONMENT
                       PRELOAD=${CMAKE_BINARY_DIR}/harness/arms/libbump.so)
endif()
# After whole records as much is live as before, and in between half of the calls allocated: key_value's rows ask for
# 1217.6 bytes an allocation on average.
behaves(distribution distribution --threads 1 --ops 2097152 --
        [=[v["begin_live_bytes"] == v["end_live_bytes"] && v["requested_bytes"] / v["record_calls"] > 1200 &&
          v["requested_bytes"] / v["record_calls"] < 1235]=])
behaves(distribution_amid distribution --preset compiler --threads 2 --ops 1000000 --
        [=[v["begin_live_bytes"] != v["end_live_bytes"] && v["end_live_bytes"] > 0.9 * v["begin_live_bytes"] &&
          v["end_live_bytes"] < 1.1 * v["begin_live_bytes"]]=])
# Two of three blocks are freed by one of the other two threads, but for those that are still on shelves.
behaves(server producer_consumer --preset server --threads 3 --ops 1000000 --
        [=[v["remote_frees"] > 0.6 * v["operations"] && v["remote_frees"] < 0.67 * v["operations"]]=])

# What the parent of a slot sees of them.
workload_test(slot_page.holes slot_page measures kept_bytes,end_rss_bytes,idle_rss_3s_bytes,light_rss_3s_bytes
              $<TARGET_FILE:holes> --blocks 6000 --threads 2 --verify)
workload_test(slot_page.idle_threads slot_page measures kept_bytes,end_rss_bytes,idle_rss_3s_bytes,light_rss_3s_bytes
              $<TARGET_FILE:idle_threads> --bytes 8M --threads 16 --verify)
workload_test(slot_page.soak slot_page finished $<TARGET_FILE:soak> --bytes 2M --replacements 100000 --threads 3)
workload_test(slot_page.distribution slot_page finished $<TARGET_FILE:distribution> --threads 2 --ops 200000)
workload_test(slot_page.server slot_page finished $<TARGET_FILE:producer_consumer> --preset server --ops 200000)
foreach(name frag_first_fit frag_per_class size_shift blowup)
  workload_test(slot_page.${name} slot_page finished $<TARGET_FILE:${name}> --bytes 2M)
endforeach()
