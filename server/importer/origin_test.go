package importer

import "testing"

func TestDefaultCollation(t *testing.T) {
	for head, want := range map[string]string{
		"": "utf8mb4_bin",
		"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost\n-- Server version\t8.0.36-0ubuntu\n":                      "utf8mb4_0900_ai_ci",
		"-- MySQL dump 10.13  Distrib 5.7.44\n-- Server version\t5.7.44-log\n":                                                                      "utf8mb4_general_ci",
		"-- MySQL dump 10.13  Distrib 8.0.36\n-- Server version\t8.0.11-TiDB-v7.5.1\n":                                                              "utf8mb4_bin",
		"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n-- Server version\t10.11.6-MariaDB-0+deb12u1\n": "utf8mb4_general_ci",
		"/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\nCREATE TABLE `t` (`a` int);\n":                                                                       "utf8mb4_bin",
	} {
		if got := defaultCollation(head); got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
}
