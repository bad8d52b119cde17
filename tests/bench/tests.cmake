# The benchmark of the kernel, build/tests/bench_kernel, and the drivers of the peers that are
# installed. tests/bench/compare runs them all.
set(bench_folder ${CMAKE_CURRENT_SOURCE_DIR}/bench)
file(GLOB bench_sources CONFIGURE_DEPENDS ${bench_folder}/*.c)
add_executable(bench_kernel ${bench_sources})
target_link_libraries(bench_kernel PRIVATE sim_kernel sim_chance)
kafkasim_fast(bench_kernel)

# How fast whole clusters run: build/tests/bench_model [NAME...].
file(GLOB bench_model_sources CONFIGURE_DEPENDS ${bench_folder}/model/*.c)
add_executable(bench_model ${bench_model_sources})
target_link_libraries(bench_model PRIVATE models)
kafkasim_fast(bench_model)

include(CheckLanguage)
check_language(CXX)
find_path(NS3_INCLUDE ns3/core-module.h)
find_library(NS3_CORE NAMES ns3-core ns3.37-core)
if(CMAKE_CXX_COMPILER AND NS3_INCLUDE AND NS3_CORE AND NOT KAFKASIM_SANITIZE AND NOT KAFKASIM_FUZZ)
    enable_language(CXX)
    add_library(bench_measure OBJECT ${bench_folder}/bench_measure.c ${bench_folder}/bench_random.c)
    add_executable(bench_ns3 ${bench_folder}/peers/ns3.cc)
    set_target_properties(bench_ns3 PROPERTIES
        CXX_STANDARD 17 COMPILE_OPTIONS "-O3;-ffp-contract=off" INTERPROCEDURAL_OPTIMIZATION OFF)
    target_include_directories(bench_ns3 SYSTEM PRIVATE ${NS3_INCLUDE})
    target_link_libraries(bench_ns3 PRIVATE bench_measure sim_chance ${NS3_CORE})
endif()

find_program(BENCH_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(BENCH_PYTHON)
    add_test(NAME bench_small
        COMMAND ${BENCH_PYTHON} ${bench_folder}/compare --check ${CMAKE_BINARY_DIR}/tests)
    set_tests_properties(bench_small PROPERTIES TIMEOUT 300)
    add_test(NAME bench_model_small
        COMMAND ${BENCH_PYTHON} ${bench_folder}/model/check $<TARGET_FILE:bench_model>)
    set_tests_properties(bench_model_small PROPERTIES TIMEOUT 300)
endif()
