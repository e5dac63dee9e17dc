"""Measures vector libraries in process, one thread, one query at a time.

usage: peers.py DIR N DIMS METRIC K LIBRARY

DIR holds base.f32 and query.f32 (little-endian float32, one vector after the
other). For every effort of the library a line of JSON goes to standard output
and the answers, K uint32 a query, into the file that it names. What the answers
are worth is for the caller to judge.
"""

import json
import os
import sys
import time
from importlib.metadata import version

THREADS = os.cpu_count()  # of builds; searches have one
M, EF_CONSTRUCTION = 16, 64
PASSES = 3  # the best counts, after one that warms up

import numpy as np

directory, n, dims, metric, k = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
library = sys.argv[6]
base = np.fromfile(f"{directory}/base.f32", dtype="<f4").reshape(n, dims)
queries = np.fromfile(f"{directory}/query.f32", dtype="<f4").reshape(-1, dims)
efforts = [10, 12, 15, 18, 22, 27, 33, 40, 48, 58, 70, 85, 100, 120, 145, 175, 210, 250, 300, 360, 430, 520, 620, 750, 900]


def unit(v):
    return v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-30)


def report(library, package, settings, build, search, grid):
    """Asks all queries at every effort, timed by the processor's time of this process, as LoxoDB is; search(effort)
    returns a function of one query."""
    for effort in grid:
        ask = search(effort)
        ids = np.zeros((len(queries), k), dtype="<u4")
        best = float("inf")
        for p in range(1 + PASSES):
            began = time.process_time()
            for i in range(len(queries)):
                ids[i] = ask(i)
            took = time.process_time() - began
            if p > 0:
                best = min(best, took)
        name = f"{directory}/answers-{library}-{effort}.u32"
        ids.tofile(name)
        print(json.dumps({"library": library, "version": version(package), "settings": settings, "build": build[0], "build_cpu": build[1],
                          "effort": str(effort), "seconds": best, "answers": name}), flush=True)


def timed(build):
    began, computed = time.perf_counter(), time.process_time()
    made = build()
    return made, (time.perf_counter() - began, time.process_time() - computed)


def run_hnswlib():
    import hnswlib

    def build():
        x = hnswlib.Index(space="cosine" if metric == "cosine" else "l2", dim=dims)
        x.init_index(max_elements=n, ef_construction=EF_CONSTRUCTION, M=M)
        x.set_num_threads(THREADS)
        x.add_items(base)
        x.set_num_threads(1)
        return x

    x, took = timed(build)

    def search(effort):
        x.set_ef(effort)
        return lambda i: x.knn_query(queries[i], k=k)[0][0]

    report("hnswlib", "hnswlib", f"M={M}, ef_construction={EF_CONSTRUCTION}, float32", took, search, efforts)


def run_faiss():
    import faiss

    cosine = metric == "cosine"
    data, ask = (unit(base), unit(queries)) if cosine else (base, queries)

    def build():
        faiss.omp_set_num_threads(THREADS)
        x = faiss.IndexHNSWFlat(dims, M, faiss.METRIC_INNER_PRODUCT if cosine else faiss.METRIC_L2)
        x.hnsw.efConstruction = EF_CONSTRUCTION
        x.add(data)
        faiss.omp_set_num_threads(1)
        return x

    x, took = timed(build)

    def search(effort):
        x.hnsw.efSearch = effort
        return lambda i: x.search(ask[i:i + 1], k)[1][0]

    report("faiss HNSW", "faiss-cpu", f"M={M}, efConstruction={EF_CONSTRUCTION}, float32", took, search, efforts)


def usearch_as(dtype):
    from usearch.index import Index

    def build():
        x = Index(ndim=dims, metric="cos" if metric == "cosine" else "l2sq", dtype=dtype, connectivity=M,
                  expansion_add=EF_CONSTRUCTION)
        x.add(np.arange(n), base, threads=THREADS)
        return x

    x, took = timed(build)

    def search(effort):
        x.expansion_search = effort
        return lambda i: x.search(queries[i], k, threads=1).keys

    report(f"usearch {dtype}", "usearch", f"connectivity={M}, expansion_add={EF_CONSTRUCTION}", took, search, efforts)


def run_usearch():
    for dtype in ("f32", "i8") if metric == "cosine" else ("f32",):
        usearch_as(dtype)


def run_scann():
    import scann

    cosine = metric == "cosine"
    data, ask = (unit(base), unit(queries)) if cosine else (base, queries)
    leaves = int(2 * np.sqrt(n))

    def build():
        b = scann.scann_ops_pybind.builder(data, k, "dot_product" if cosine else "squared_l2")
        b = b.tree(num_leaves=leaves, num_leaves_to_search=100, training_sample_size=min(n, 250000))
        b = b.score_ah(2, anisotropic_quantization_threshold=0.2) if cosine else b.score_ah(2)
        return b.reorder(100).build()

    x, took = timed(build)

    def search(effort):
        probe, again = effort
        return lambda i: x.search(ask[i], final_num_neighbors=k, leaves_to_search=probe, pre_reorder_num_neighbors=again)[0]

    grid = [(p, r) for p in (5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450) for r in (40, 100, 250) if p <= leaves]
    report("scann", "scann", f"tree of {leaves} leaves, score_ah(2), reorder", took, search, grid)


def svs_data():
    """The set in SVS's own file, queries and the distance that its codes can compute."""
    import svs

    distance = svs.DistanceType.Cosine if metric == "cosine" else svs.DistanceType.L2
    data, ask = base, queries
    if metric == "cosine":  # its codes want inner products
        data, ask, distance = unit(base), unit(queries), svs.DistanceType.MIP
    svs.write_vecs(np.ascontiguousarray(data), f"{directory}/base.fvecs")
    svs.convert_vecs_to_svs(f"{directory}/base.fvecs", f"{directory}/base.svs")
    return svs.VectorDataLoader(f"{directory}/base.svs", svs.DataType.float32, dims=dims), ask, distance


def svs_as(name, loader, ask, distance):
    import svs

    alpha = 0.95 if distance == svs.DistanceType.MIP else 1.2

    def build():
        return svs.Vamana.build(svs.VamanaBuildParameters(alpha=alpha, graph_max_degree=2 * M, window_size=2 * EF_CONSTRUCTION),
                                loader, distance, num_threads=THREADS)

    x, took = timed(build)
    x.num_threads = 1

    def search(effort):
        x.search_window_size = effort
        return lambda i: x.search(ask[i:i + 1], k)[0][0]

    report(name, "scalable-vs", f"graph_max_degree={2 * M}, window_size={2 * EF_CONSTRUCTION}, alpha={alpha}", took, search, efforts)


def run_svs():
    svs_as("svs Vamana float32", *svs_data())


def run_svs_lvq():
    import svs

    loader, ask, distance = svs_data()
    for name, coded in (("svs Vamana LVQ4x8", svs.LVQLoader(loader, primary=4, residual=8)),
                        ("svs Vamana LVQ8", svs.LVQLoader(loader, primary=8))):
        svs_as(name, coded, ask, distance)


{"hnswlib": run_hnswlib, "faiss": run_faiss, "usearch": run_usearch, "scann": run_scann, "svs": run_svs, "svs-lvq": run_svs_lvq}[library]()
