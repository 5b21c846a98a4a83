using Api;
using Application;
using Platform.Databases;
using Platform.Failover;
using Platform.ReadReplicas;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddApplication();
builder.AddPlatform();
builder.Services.AddValidatedOptions<RateLimitOptions>(builder.Configuration, RateLimitOptions.Section);
builder.AddProxies();
builder.AddHttpSurface();

var app = builder.Build();
app.UseForwardedHeaders();
app.UseSyncTokens();
app.UseHttpSurface();
app.MapHealthEndpoints();
app.MapEndpointGroups();
app.Run();
