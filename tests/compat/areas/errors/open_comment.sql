SELECT /* abc
