# Blocks that are freed by another thread than the one that allocated them: larson, xmalloc, producer_consumer. Each is
# held against the log of its calls.
verify_under_all(larson larson --threads 2 --ops 200000)
verify_under_all(larson_remote larson --preset larson_remote --threads 4 --ops 100000 --slots 500)
verify_under_all(larson_detached larson --threads 2 --ops 100000 --slots 500 --rounds 10 --detach yes)
verify_under_all(larson_sized larson --preset larson_sized --threads 2 --ops 100000)
verify_under_all(xmalloc xmalloc --threads 2 --ops 300000)
verify_under_all(xmalloc_mixed xmalloc --preset xmalloc_mixed --threads 4 --ops 200000 --batch 512)
verify_under_all(xmalloc_fifo xmalloc --preset xmalloc_fifo --threads 4 --ops 200000)
verify_under_all(xmalloc_spsc xmalloc --preset xmalloc_spsc --threads 4 --ops 200000 --sizes mixed --limit 4)
verify_under_all(pc_pair producer_consumer --preset pc_pair --ops 200000)
verify_under_all(pc_fan producer_consumer --preset pc_fan --threads 4 --ops 200000)
verify_under_all(pc_ring producer_consumer --preset pc_ring --threads 3 --ops 200000)
verify_under_all(pc_free_only producer_consumer --preset pc_free_only --threads 3 --ops 200000)
verify_under_all(pc_proxies producer_consumer --threads 5 --proxies 2 --queue lifo --ops 200000 --max-size 20K
                 --distribution logarithmic)
verify_under_all(pc_tight producer_consumer --queue mpmc --threads 6 --outstanding 40K --limit 2 --ops 100000)

# Sizes 8 to 999 alike. A thread replaces S*R blocks of S slots; remote is the first replacement of each slot, at R = 1
# 1-1/e of all, at R = 100 one in a hundred. The main thread frees what is left, 2*S blocks.
calls_test(larson_remote [[of("log.malloc") == 200000 + 2 * 5000 && of("log.peak_blocks") == 2000 &&
  of("log.threads") == 201 && of("generations") == 200 && of("log.main_frees") == 4 * 2000 + 2000 &&
  near((of("log.remote") - 2000) / 200000, 0.632, 0.01) && of("log.remote") - 2000 == of("remote_frees")]]
  larson --preset larson_remote --threads 2 --slots 1000 --ops 200000)
calls_test(larson_local [[of("log.malloc") == 2000000 + 2 * 5000 && of("log.threads") == 21 &&
  of("log.remote") == 20 * 1000 + 2000 && of("log.smallest") == 8 && of("log.largest") == 999 &&
  near(sizes(10, 10) / of("log.malloc"), 487 / 992, 0.003) && near(sizes(0, 8) / of("log.malloc"), 249 / 992, 0.003)]]
  larson --threads 2 --slots 1000 --rounds 100 --ops 2000000)

# Batches of 4096 blocks, which are one block themselves; who allocates never frees. With one ring for each pair blocks
# stay in the pair. 2 batches in the queue, one in each hand.
calls_test(xmalloc [[size(64) == 81920 && size(24 + 4096 * 8) == 20 && of("log.malloc") == 81940 &&
  of("log.remote") == 81940 && of("log.pairs") == 1 && of("log.only_allocate") == 1 && of("log.only_free") == 1]]
  xmalloc --threads 2 --ops 81920)
calls_test(xmalloc_mixed [[of("log.remote") == 81920 + 20 && of("log.only_allocate") == 2 && of("log.only_free") == 2 &&
  of("log.pairs") == 2 && kinds() == 17 + 1 &&
  each("8 12 16 24 32 48 64 96 128 192 256 384 512 768 1024 1536 2048", 81920 / 17, 250)]]
  xmalloc --preset xmalloc_mixed --threads 4 --ops 81920 --queue spsc)
calls_test(xmalloc_limit [[of("log.peak_blocks") <= 6 * 4097 && of("log.peak_blocks") >= 2 * 4097]]
  xmalloc --threads 4 --ops 400000 --limit 2)

# Who allocates and who frees, in each preset.
calls_test(pc_pair [[of("log.remote") == 100000 && of("log.free") == 100000 && of("log.pairs") == 1 &&
  of("log.only_allocate") == 1 && of("log.only_free") == 1 && of("log.smallest") >= 16 && of("log.largest") <= 512]]
  producer_consumer --preset pc_pair --ops 100000)
calls_test(pc_fan [[of("log.remote") == 400000 && of("log.givers") == 1 && of("log.only_allocate") == 1 &&
  of("log.takers") >= 2 && of("log.takers") <= 3]]
  producer_consumer --preset pc_fan --threads 4 --ops 400000)
calls_test(pc_free_only [[of("log.remote") == 100000 && of("log.takers") == 1 && of("log.only_free") == 1 &&
  of("log.givers") == 3 && of("log.only_allocate") == 3]]
  producer_consumer --preset pc_free_only --threads 4 --ops 100000)
# Three times 16 batches of 64 are on their way; each thread may be about to free or to fill one more.
calls_test(pc_ring [[of("log.remote") == of("log.free") && of("log.pairs") == 3 && of("log.givers") == 3 &&
  of("log.takers") == 3 && of("log.peak_blocks") == 3 * 16 * 64 && of("log.malloc") == 3 * 521 * 64 + 3 * 16 * 64]]
  producer_consumer --preset pc_ring --threads 3 --ops 100000)
# Two, too: in a ring of three, two steps forward are one step back.
calls_test(pc_ring_of_two [[of("log.remote") == of("log.free") && of("log.pairs") == 2 &&
  of("log.malloc") == 2 * 782 * 64 + 2 * 16 * 64]]
  producer_consumer --preset pc_ring --threads 2 --ops 100000)
# Proxies touch no block.
calls_test(pc_proxies [[of("log.remote") == 100000 && of("log.only_allocate") == 1 && of("log.only_free") == 2 &&
  of("log.threads") <= 4]]
  producer_consumer --producers 1 --proxies 2 --consumers 2 --ops 100000)
# The bound on bytes in flight.
calls_test(pc_bound [[of("log.peak_bytes") <= 40960 && of("log.peak_bytes") > 30000]]
  producer_consumer --outstanding 40K --ops 100000)
# From 16 bytes to 4 KiB are 8 powers of two, and 4 KiB itself, which is hardly drawn; their shelves hold 16, 32 ... 144
# batches of 16 blocks. At a door lie at most 16 batches, and a thread has two in hand.
calls_test(server [[of("log.peak_blocks") >= 3 * 576 * 16 && of("log.peak_blocks") <= 3 * (720 + 16 + 2) * 16 &&
  of("log.pairs") == 6 && near(of("remote_frees") / of("operations"), 2 / 3, 0.06) &&
  of("log.remote") == of("remote_frees") && of("log.smallest") >= 16 && of("log.largest") <= 4096]]
  producer_consumer --preset server --threads 3 --ops 1000000)
