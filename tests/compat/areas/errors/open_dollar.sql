SELECT $$abc
