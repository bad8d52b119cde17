if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME golden COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/golden/golden.py ${CMAKE_BINARY_DIR})
endif()
