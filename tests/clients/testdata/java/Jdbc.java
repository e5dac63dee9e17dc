// pgjdbc: server-prepared statements in binary, batches, metadata, cursors, COPY.
import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.*;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.util.PGobject;

public class Jdbc {
    static void check(boolean ok, Object got) {
        if (!ok) throw new AssertionError(String.valueOf(got));
    }

    static PGobject vector(String text) throws SQLException {
        PGobject o = new PGobject();
        o.setType("vector");
        o.setValue(text);
        return o;
    }

    public static void main(String[] args) throws Exception {
        try (Connection c = DriverManager.getConnection(args[0], "postgres", "")) {
            try (Statement s = c.createStatement()) {
                s.execute("CREATE EXTENSION IF NOT EXISTS vector");
                s.execute("DROP TABLE IF EXISTS jd_child; DROP TABLE IF EXISTS jd");
                s.execute("CREATE TABLE jd (id bigserial PRIMARY KEY, name varchar(30) NOT NULL UNIQUE, n numeric(12,4), ts timestamptz,"
                    + " u uuid, tags text[], ok boolean, e vector(3))");
                s.execute("CREATE TABLE jd_child (id int PRIMARY KEY, jd_id bigint REFERENCES jd ON DELETE CASCADE)");
                s.execute("CREATE INDEX jd_e ON jd USING hnsw (e vector_l2_ops)");
            }
            OffsetDateTime at = OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 456789000, ZoneOffset.UTC);
            UUID u = new UUID(1, 2);
            c.setAutoCommit(false);
            try (PreparedStatement p = c.prepareStatement("INSERT INTO jd (name, n, ts, u, tags, ok, e) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    Statement.RETURN_GENERATED_KEYS)) {
                for (int i = 1; i <= 200; i++) {
                    p.setString(1, "n" + i);
                    p.setBigDecimal(2, new BigDecimal(i + ".2500"));
                    p.setObject(3, at);
                    p.setObject(4, u);
                    p.setArray(5, c.createArrayOf("text", new String[] {"a", null, "t" + i}));
                    p.setBoolean(6, i % 2 == 0);
                    p.setObject(7, vector("[" + i + ",0,0]"));
                    p.addBatch();
                }
                check(p.executeBatch().length == 200, "batch");
                ResultSet keys = p.getGeneratedKeys();
                check(keys.next() && keys.getLong("id") == 1, "keys");
            }
            c.commit();
            try (PreparedStatement p = c.prepareStatement("SELECT * FROM jd WHERE ok AND id > ? ORDER BY e <-> ? LIMIT ?")) {
                for (int i = 0; i < 12; i++) { // named and binary after the fifth
                    p.setLong(1, 10);
                    p.setObject(2, vector("[50.1,0,0]"));
                    p.setInt(3, 2);
                    ResultSet r = p.executeQuery();
                    check(r.next() && r.getString("name").equals("n50"), "nearest");
                    check(r.getBigDecimal("n").equals(new BigDecimal("50.2500")), r.getBigDecimal("n"));
                    check(r.getObject("ts", OffsetDateTime.class).isEqual(at), r.getObject("ts"));
                    check(r.getObject("u").equals(u), r.getObject("u"));
                    check(((String[]) r.getArray("tags").getArray())[2].equals("t50"), r.getArray("tags"));
                    check(((PGobject) r.getObject("e")).getValue().equals("[50,0,0]"), r.getObject("e"));
                    check(r.next() && !r.next(), "rows");
                }
            }
            try (Statement s = c.createStatement()) {
                s.setFetchSize(7);
                ResultSet r = s.executeQuery("SELECT id FROM jd ORDER BY id");
                int n = 0;
                while (r.next()) n++;
                check(n == 200, n);
                Savepoint sp = c.setSavepoint();
                try {
                    s.executeUpdate("INSERT INTO jd (name) VALUES ('n1')");
                    check(false, "no error");
                } catch (SQLException e) {
                    check(e.getSQLState().equals("23505"), e.getSQLState());
                    c.rollback(sp);
                }
                check(s.executeUpdate("UPDATE jd SET ok = true WHERE id <= 10") == 10, "update");
            }
            c.rollback();
            long copied = ((PGConnection) c).getCopyAPI().copyIn("COPY jd_child FROM STDIN", new StringReader("1\t1\n2\t1\n3\t2\n"));
            check(copied == 3, copied);
            c.commit();
            metadata(c.getMetaData());
            c.commit();
            c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try (Statement s = c.createStatement()) {
                s.setQueryTimeout(1);
                s.execute("SELECT pg_sleep(30)");
                check(false, "not cancelled");
            } catch (SQLException e) {
                check(e.getSQLState().equals("57014"), e.getSQLState());
            }
            c.rollback();
        }
        System.out.println("ok");
    }

    static void metadata(DatabaseMetaData m) throws SQLException {
        check(m.getDatabaseMajorVersion() == 15, m.getDatabaseProductVersion());
        List<String> got = new ArrayList<>();
        try (ResultSet r = m.getTables(null, "public", "jd%", new String[] {"TABLE"})) {
            while (r.next()) got.add(r.getString("TABLE_NAME"));
        }
        check(got.equals(List.of("jd", "jd_child")), got);
        got.clear();
        try (ResultSet r = m.getColumns(null, "public", "jd", "%")) {
            while (r.next()) got.add(r.getString("COLUMN_NAME") + ":" + r.getString("TYPE_NAME") + ":" + r.getInt("NULLABLE"));
        }
        check(got.get(0).equals("id:bigserial:0") && got.get(1).equals("name:varchar:0") && got.get(7).equals("e:vector:1"), got);
        got.clear();
        try (ResultSet r = m.getPrimaryKeys(null, "public", "jd")) {
            while (r.next()) got.add(r.getString("COLUMN_NAME") + ":" + r.getString("PK_NAME") + ":" + r.getInt("KEY_SEQ"));
        }
        check(got.equals(List.of("id:jd_pkey:1")), got);
        got.clear();
        try (ResultSet r = m.getIndexInfo(null, "public", "jd", false, true)) {
            while (r.next()) got.add(r.getString("INDEX_NAME") + ":" + r.getString("COLUMN_NAME") + ":" + r.getBoolean("NON_UNIQUE"));
        }
        check(got.containsAll(List.of("jd_pkey:id:false", "jd_name_key:name:false", "jd_e:e:true")), got);
        got.clear();
        try (ResultSet r = m.getImportedKeys(null, "public", "jd_child")) {
            while (r.next()) got.add(r.getString("PKTABLE_NAME") + ":" + r.getString("FKCOLUMN_NAME") + ":" + r.getInt("DELETE_RULE"));
        }
        check(got.equals(List.of("jd:jd_id:" + DatabaseMetaData.importedKeyCascade)), got);
        try (ResultSet r = m.getTypeInfo()) {
            check(r.next(), "types");
        }
    }
}
