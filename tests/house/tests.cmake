
if(Python3_FOUND)
    add_test(NAME house_rules COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/house/house_rules.py)
    add_test(NAME mutation_texts COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/mutations/run.py --texts)
endif()
