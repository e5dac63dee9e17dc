/*!40014 SET FOREIGN_KEY_CHECKS=0*/;
/*!40101 SET NAMES binary*/;
INSERT INTO `doc` (`id`,`body`,`e`) VALUES
(1,'one','[1,0,0]'),
(2,'two; twice','[0,1,0]'),
(3,NULL,NULL);
