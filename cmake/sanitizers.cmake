# Code under sanitizers, in tests: asan (with the undefined behaviour sanitizer) and tsan.
include(CheckCSourceRuns)
set(sanitizer_flags_asan "-fsanitize=address,undefined -fno-sanitize-recover=all")
set(sanitizer_flags_tsan "-fsanitize=thread")

# sanitizer_runs(KIND WHAT RESULT): whether a program runs with it; if not, one line says that WHAT is not built.
function(sanitizer_runs kind what result)
  set(CMAKE_REQUIRED_FLAGS "${sanitizer_flags_${kind}}")
  check_c_source_runs("int main(void) { return 0; }" SANITIZER_RUNS_${kind})
  if(NOT SANITIZER_RUNS_${kind})
    message(NOTICE "${what} under ${kind} are not built: ${sanitizer_flags_${kind}} does not work here")
  endif()
  set(${result} ${SANITIZER_RUNS_${kind}} PARENT_SCOPE)
endfunction()

# sanitize(LIBRARY KIND): it and all that links it.
function(sanitize library kind)
  separate_arguments(flags UNIX_COMMAND "${sanitizer_flags_${kind}}")
  target_compile_options(${library} PUBLIC -O1 -g -fno-omit-frame-pointer ${flags})
  target_link_options(${library} PUBLIC ${flags})
endfunction()
