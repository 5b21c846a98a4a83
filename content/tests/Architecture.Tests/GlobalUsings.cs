global using Mono.Cecil;
