global using Topology;
