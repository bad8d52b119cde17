if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME fidelity COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/fidelity/fidelity.py ${CMAKE_BINARY_DIR})
endif()
