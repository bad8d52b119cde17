# test_properties: random small clusters in random trouble. ctest runs a few hundred; ten thousand:
# build/tests/test_properties --count 10000
file(GLOB property_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
add_executable(test_properties ${property_sources})
target_link_libraries(test_properties PRIVATE models)
kafkasim_fast(test_properties)
add_test(NAME test_properties COMMAND test_properties --count 300
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME test_properties_groups COMMAND test_properties --groups --count 200
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME test_properties_pipelines COMMAND test_properties --pipelines --count 60
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME test_properties_zookeeper COMMAND test_properties --without KRaft --count 100
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
# Losses told of what was not lost: a leader that was elected and deposed before it heard of it; a
# follower whose retention deletes what it had yet to cut. And a leader whose copy lacks all of an
# epoch, which the log cleaner has taken.
foreach(case 864 1519 4458)
    add_test(NAME test_properties_case_${case}
        COMMAND test_properties --seed 42 --only ${case} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endforeach()
set_tests_properties(test_properties test_properties_groups test_properties_pipelines
    test_properties_zookeeper PROPERTIES TIMEOUT 600)
