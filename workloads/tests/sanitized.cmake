# Every verified row once more with kit and workload built under sanitizers, which also are the malloc there. The builds are
# made by a test of their own, so that only who tests waits for them.
include(${CMAKE_SOURCE_DIR}/cmake/sanitizers.cmake)

set(kit_sources "")
get_target_property(sources allocbench_kit SOURCES)
foreach(source ${sources})
  list(APPEND kit_sources ${CMAKE_CURRENT_SOURCE_DIR}/../${source})
endforeach()

add_custom_target(sanitized_workloads)

# Less work than elsewhere: sanitizers take many times as long, and what they look for shows early.
function(shorten arguments result)
  foreach(pair ops=5000 replacements=10000 churn=500 links=3)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 flag)
    list(GET pair 1 most)
    if(arguments MATCHES "--${flag} ([0-9]+)" AND CMAKE_MATCH_1 GREATER most)
      string(REPLACE "--${flag} ${CMAKE_MATCH_1}" "--${flag} ${most}" arguments "${arguments}")
    endif()
  endforeach()
  set(${result} "${arguments}" PARENT_SCOPE)
endfunction()

# sanitized_rows(KIND): skipped where the compiler or the machine cannot.
function(sanitized_rows kind)
  sanitizer_runs(${kind} "the workloads' tests" runs)
  if(NOT runs)
    return()
  endif()
  add_library(allocbench_kit_${kind} STATIC EXCLUDE_FROM_ALL ${kit_sources})
  target_compile_definitions(allocbench_kit_${kind} PUBLIC _GNU_SOURCE)
  sanitize(allocbench_kit_${kind} ${kind})
  target_link_libraries(allocbench_kit_${kind} PUBLIC project_warnings honest_malloc_calls Threads::Threads
                        ${CMAKE_DL_LIBS} m)
  foreach(source ${WORKLOAD_SOURCES})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name}_${kind} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${name}_${kind} PRIVATE allocbench_kit_${kind})
    add_dependencies(sanitized_workloads ${name}_${kind})
  endforeach()
  foreach(row ${VERIFIED_ROWS})
    shorten("${row}" row)
    separate_arguments(row)
    list(POP_FRONT row title program)
    # Its record of 2^20 calls cannot be shortened, and presets differ in their table only: tsan's seconds go to one.
    set(verify --verify)
    if(kind STREQUAL tsan AND title MATCHES "^distribution" AND NOT title STREQUAL distribution_json_service)
      set(verify "")
    endif()
    workload_test(${kind}.${title} $<TARGET_FILE:${program}_${kind}> ${verify} ${row})
    set_tests_properties(workloads.${kind}.${title} PROPERTIES FIXTURES_REQUIRED sanitized_workloads
                         ENVIRONMENT "ASAN_OPTIONS=quarantine_size_mb=16")
  endforeach()
endfunction()

sanitized_rows(asan)
sanitized_rows(tsan)
workload_test(sanitized_workloads ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target sanitized_workloads --parallel 2)
set_tests_properties(workloads.sanitized_workloads PROPERTIES FIXTURES_SETUP sanitized_workloads PROCESSORS 2 TIMEOUT 600)
